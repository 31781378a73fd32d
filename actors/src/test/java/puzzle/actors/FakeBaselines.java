package puzzle.actors;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import puzzle.actors.solver.BaselineMethods;
import puzzle.engine.solve.Row;
import puzzle.engine.solve.SolverTable;

/** Picks without looking at limits. */
public final class FakeBaselines implements BaselineMethods {

  @Override
  public Optional<List<Integer>> greedy(SolverTable table, List<Row> rows) {
    return uniform(table, rows);
  }

  @Override
  public Optional<List<Integer>> uniform(SolverTable table, List<Row> rows) {
    return Optional.of(java.util.Collections.nCopies(table.layers(), 1));
  }

  @Override
  public Optional<List<Integer>> random(SolverTable table, List<Row> rows, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Integer> choices = new ArrayList<>();
    for (int layer = 0; layer < table.layers(); layer++) {
      choices.add(random.nextInt(table.items(layer)));
    }
    return Optional.of(choices);
  }
}
