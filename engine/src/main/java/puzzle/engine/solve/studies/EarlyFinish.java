package puzzle.engine.solve.studies;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import puzzle.engine.solve.IncrementalSolver;
import puzzle.engine.solve.Row;
import puzzle.engine.solve.SolveBudget;
import puzzle.engine.solve.SolverTable;

/**
 * Plays the scoring of a full table in the order that {@link ScoringOrder} asks for: how much of
 * the library has to be scored for an architecture that is nearly the best, and for the proof.
 */
public final class EarlyFinish {

  /**
   * The state after some scores.
   *
   * @param share of the composed blocks scored, 0 to 1
   * @param loss true objective relative to the full table's optimum, minus 1
   * @param gap that could be certified then
   */
  public record Point(double share, double loss, double gap) {}

  /**
   * A play to its end.
   *
   * @param composed blocks that had to be scored or not, in all
   * @param basis what the ending rests on
   */
  public record Curve(List<Point> points, int composed, ScoringOrder.Basis basis) {
    public Curve {
      points = List.copyOf(points);
    }

    public Point last() {
      return points.get(points.size() - 1);
    }
  }

  private EarlyFinish() {}

  /**
   * @param proxy sum of halves' scores; where it is NaN or equals the score, the block counts as
   *     scored from the start
   * @param batch blocks scored between two questions
   */
  public static Curve play(
      SolverTable full,
      List<Row> rows,
      double[][] proxy,
      ScoringOrder.Optimism optimism,
      int batch,
      SolveBudget budget) {
    double best = new IncrementalSolver(full, rows).solve(budget).objective();
    int[] composed = {0};
    SolverTable start =
        full.withScores(
            (g, j) -> {
              boolean hidden = !Double.isNaN(proxy[g][j]) && proxy[g][j] != full.score(g, j);
              composed[0] += hidden ? 1 : 0;
              return hidden ? Double.NaN : full.score(g, j);
            });
    ScoringOrder order = new ScoringOrder(start, rows, optimism);
    List<Point> points = new ArrayList<>();
    int done = 0;
    while (true) {
      ScoringOrder.Certificate now = order.certificate(budget);
      double loss = (now.incumbent().objective() - best) / Math.max(1e-12, Math.abs(best));
      points.add(new Point((double) done / Math.max(1, composed[0]), loss, now.gap()));
      List<ScoringOrder.Request> requests = order.next(batch, budget);
      if (requests.isEmpty()) {
        return new Curve(points, composed[0], optimism.basis());
      }
      for (ScoringOrder.Request r : requests) {
        order.scored(r.layer(), r.item(), full.score(r.layer(), r.item()));
      }
      done += requests.size();
      order.learn();
    }
  }

  /**
   * Sum of the halves' scores for every pair, [layer][item]; NaN if an item is not a pair of two
   * changed halves. Pairs are found by names {@code attention+ffn}, or by index where the costs of
   * a layer are sums of two parts.
   */
  public static double[][] halves(SolverTable table) {
    double[][] proxy = new double[table.layers()][];
    for (int g = 0; g < proxy.length; g++) {
      int n = table.items(g);
      proxy[g] = new double[n];
      Arrays.fill(proxy[g], Double.NaN);
      int parent = 0;
      for (int j = 0; j < n; j++) {
        boolean better = table.score(g, j) < table.score(g, parent) || !table.hasScore(g, parent);
        parent = better ? j : parent;
      }
      int width = table.item(g, parent).contains("+") ? 0 : table.pairWidth(g);
      for (int j = 0; j < n; j++) {
        int a;
        int f;
        if (width > 0) {
          a = j - j % width + parent % width;
          f = parent - parent % width + j % width;
        } else {
          String name = table.item(g, j);
          String own = table.item(g, parent);
          if (!name.contains("+") || !own.contains("+")) {
            continue;
          }
          a = table.indexOf(g, before(name) + own.substring(own.indexOf('+')));
          f = table.indexOf(g, before(own) + name.substring(name.indexOf('+')));
        }
        if (a >= 0 && f >= 0 && a != j && f != j) {
          proxy[g][j] = table.score(g, a) + table.score(g, f) - table.score(g, parent);
        }
      }
    }
    return proxy;
  }

  private static String before(String name) {
    return name.substring(0, name.indexOf('+'));
  }
}
