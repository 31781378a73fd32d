package puzzle.actors.node;

import java.util.List;
import java.util.function.BiFunction;
import puzzle.actors.solver.BaselineMethods;
import puzzle.engine.EngineFactory;
import puzzle.engine.solve.ArchitectureSolver;
import puzzle.engine.solve.Row;
import puzzle.engine.solve.SolverTable;

/** What the actors of a node work with: engines for devices, a solver, methods to compare with. */
public record Tools(
    EngineFactory engines,
    BiFunction<SolverTable, List<Row>, ArchitectureSolver> solvers,
    BaselineMethods baselines) {}
