package puzzle.actors.solver;

import java.util.List;
import java.util.Optional;
import puzzle.engine.solve.Row;
import puzzle.engine.solve.SolverTable;

/**
 * Other ways to pick an architecture under the same limits (section 5); each gives one item per
 * layer, or nothing where it finds none that fits.
 */
public interface BaselineMethods {

  Optional<List<Integer>> greedy(SolverTable table, List<Row> rows);

  /** The same item in every layer. */
  Optional<List<Integer>> uniform(SolverTable table, List<Row> rows);

  /** One that fits, drawn at random; the same for the same seed. */
  Optional<List<Integer>> random(SolverTable table, List<Row> rows, long seed);
}
