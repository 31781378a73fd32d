package puzzle.actors.node;

import java.util.List;
import java.util.function.BiFunction;
import puzzle.actors.simulation.Simulation;
import puzzle.engine.EngineFactory;
import puzzle.engine.solve.ArchitectureSolver;
import puzzle.engine.solve.Row;
import puzzle.engine.solve.SolverTable;

/**
 * What the actors of a node work with: engines for devices, a solver.
 *
 * @param simulation stands in for the engines; null if the devices are real
 */
public record Tools(
    EngineFactory engines,
    BiFunction<SolverTable, List<Row>, ArchitectureSolver> solvers,
    Simulation simulation) {

  /** Real devices. */
  public Tools(
      EngineFactory engines, BiFunction<SolverTable, List<Row>, ArchitectureSolver> solvers) {
    this(engines, solvers, null);
  }
}
