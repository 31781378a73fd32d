package puzzle.actors.solver;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import puzzle.engine.solve.Row;
import puzzle.engine.solve.SolverTable;

/**
 * The baselines of the paper's section 5 on a table with upper limits.
 *
 * <p>Greedy splits each budget equally over the layers, visits the layers by ascending mean score,
 * takes the best item that fits into what the layer may spend, and hands on what is left. Random
 * draws each layer's item and, where the limits are exceeded, redraws single layers so long as that
 * lowers the excess.
 */
public final class EngineBaselines implements BaselineMethods {

  private static final int RESTARTS = 100;

  @Override
  public Optional<List<Integer>> greedy(SolverTable table, List<Row> rows) {
    int layers = table.layers();
    double[] left = new double[rows.size()];
    List<Integer> choices = new ArrayList<>(Collections.nCopies(layers, -1));
    List<Integer> order =
        IntStream.range(0, layers)
            .boxed()
            .sorted(Comparator.comparingDouble(l -> meanScore(table, l)))
            .toList();
    for (int layer : order) {
      for (int r = 0; r < left.length; r++) {
        left[r] += rows.get(r).upper() / layers;
      }
      int best = -1;
      for (int item = 0; item < table.items(layer); item++) {
        if (table.hasScore(layer, item)
            && fits(table, rows, layer, item, left)
            && (best < 0 || table.score(layer, item) < table.score(layer, best))) {
          best = item;
        }
      }
      if (best < 0) {
        return Optional.empty();
      }
      choices.set(layer, best);
      for (int r = 0; r < left.length; r++) {
        left[r] -= cost(table, rows.get(r), layer, best);
      }
    }
    return Optional.of(choices);
  }

  @Override
  public Optional<List<Integer>> uniform(SolverTable table, List<Row> rows) {
    List<Integer> best = null;
    double least = Double.POSITIVE_INFINITY;
    for (int item = 0; item < table.items(0); item++) {
      List<Integer> choices = Collections.nCopies(table.layers(), item);
      double sum = 0;
      for (int layer = 0; layer < table.layers(); layer++) {
        sum += table.score(layer, item);
      }
      if (sum < least && excess(table, rows, choices) <= 0) {
        best = choices;
        least = sum;
      }
    }
    return Optional.ofNullable(best);
  }

  @Override
  public Optional<List<Integer>> random(SolverTable table, List<Row> rows, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    for (int restart = 0; restart < RESTARTS; restart++) {
      List<Integer> choices = new ArrayList<>();
      for (int layer = 0; layer < table.layers(); layer++) {
        choices.add(draw(table, layer, random));
      }
      double excess = excess(table, rows, choices);
      for (int i = 0; excess > 0 && i < 50 * table.layers(); i++) {
        int layer = random.nextInt(table.layers());
        int before = choices.get(layer);
        choices.set(layer, draw(table, layer, random));
        double after = excess(table, rows, choices);
        if (after < excess) {
          excess = after;
        } else {
          choices.set(layer, before);
        }
      }
      if (excess <= 0) {
        return Optional.of(choices);
      }
    }
    return Optional.empty();
  }

  private static int draw(SolverTable table, int layer, SplittableRandom random) {
    int[] scored =
        IntStream.range(0, table.items(layer)).filter(i -> table.hasScore(layer, i)).toArray();
    return scored[random.nextInt(scored.length)];
  }

  /** Largest relative excess over a limit; 0 or less where all are kept. */
  private static double excess(SolverTable table, List<Row> rows, List<Integer> choices) {
    double worst = Double.NEGATIVE_INFINITY;
    for (Row row : rows) {
      double sum = 0;
      for (int layer = 0; layer < table.layers(); layer++) {
        sum += cost(table, row, layer, choices.get(layer));
      }
      worst = Math.max(worst, (sum - row.upper()) / Math.max(Math.abs(row.upper()), 1e-300));
    }
    return rows.isEmpty() ? 0 : worst;
  }

  private static boolean fits(
      SolverTable table, List<Row> rows, int layer, int item, double[] left) {
    for (int r = 0; r < left.length; r++) {
      if (cost(table, rows.get(r), layer, item) > left[r]) {
        return false;
      }
    }
    return true;
  }

  private static double cost(SolverTable table, Row row, int layer, int item) {
    return table.cost(layer, item, table.statIndex(row.stat()));
  }

  private static double meanScore(SolverTable table, int layer) {
    return IntStream.range(0, table.items(layer))
        .filter(i -> table.hasScore(layer, i))
        .mapToDouble(i -> table.score(layer, i))
        .average()
        .orElse(0);
  }
}
