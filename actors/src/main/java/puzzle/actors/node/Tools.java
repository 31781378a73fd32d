package puzzle.actors.node;

import java.util.List;
import java.util.function.BiFunction;
import puzzle.engine.EngineFactory;
import puzzle.engine.solve.ArchitectureSolver;
import puzzle.engine.solve.Row;
import puzzle.engine.solve.SolverTable;

/** What the actors of a node work with: engines for devices, a solver. */
public record Tools(
    EngineFactory engines, BiFunction<SolverTable, List<Row>, ArchitectureSolver> solvers) {}
