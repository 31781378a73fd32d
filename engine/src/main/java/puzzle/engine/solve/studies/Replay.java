package puzzle.engine.solve.studies;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.LongSupplier;
import puzzle.engine.solve.ArchitectureSolver;
import puzzle.engine.solve.Change;
import puzzle.engine.solve.IncrementalSolver;
import puzzle.engine.solve.Row;
import puzzle.engine.solve.Solution;
import puzzle.engine.solve.SolveBudget;
import puzzle.engine.solve.SolverTable;

/**
 * Streams a table's scores in random order through the incremental solver, as a run would, and
 * measures each arrival. Layers start with the item of the parent: the one with the least score.
 */
public final class Replay {

  /**
   * What the stream cost.
   *
   * @param skipped arrivals answered without a search
   * @param searched arrivals that needed one
   * @param meanMillis time from arrival to a proven incumbent, milliseconds; likewise the others
   * @param last the incumbent after the last arrival
   */
  public record Report(
      int arrivals,
      int skipped,
      int searched,
      double meanMillis,
      double p50Millis,
      double p99Millis,
      double maxMillis,
      Solution last) {}

  /** Told after each arrival, outside the measured time. */
  public interface Observer {
    void arrived(int arrival, ArchitectureSolver solver);
  }

  private Replay() {}

  /**
   * @param most arrivals to measure; the ones before, if there are more, are loaded at once
   * @param budget of each re-solve
   */
  public static Report run(
      SolverTable full,
      List<Row> rows,
      long seed,
      int most,
      SolveBudget budget,
      Observer observer) {
    return run(full, rows, seed, most, budget, observer, System::nanoTime);
  }

  /** As above, by another clock: processor time tells more on a machine that is shared. */
  public static Report run(
      SolverTable full,
      List<Row> rows,
      long seed,
      int most,
      SolveBudget budget,
      Observer observer,
      LongSupplier nanos) {
    List<int[]> order = new ArrayList<>();
    int[] parent = new int[full.layers()];
    for (int g = 0; g < full.layers(); g++) {
      parent[g] = -1;
      for (int j = 0; j < full.items(g); j++) {
        if (full.hasScore(g, j) && (parent[g] < 0 || full.score(g, j) < full.score(g, parent[g]))) {
          parent[g] = j;
        }
      }
      for (int j = 0; j < full.items(g); j++) {
        if (full.hasScore(g, j) && j != parent[g]) {
          order.add(new int[] {g, j});
        }
      }
    }
    Collections.shuffle(order, new Random(seed));
    int loaded = Math.max(0, order.size() - most);
    boolean[][] known = new boolean[full.layers()][];
    for (int g = 0; g < known.length; g++) {
      known[g] = new boolean[full.items(g)];
      if (parent[g] >= 0) {
        known[g][parent[g]] = true;
      }
    }
    for (int[] place : order.subList(0, loaded)) {
      known[place[0]][place[1]] = true;
    }
    ArchitectureSolver solver =
        new IncrementalSolver(
            full.withScores((g, j) -> known[g][j] ? full.score(g, j) : Double.NaN), rows);
    solver.solve(budget);
    int arrivals = order.size() - loaded;
    double[] millis = new double[arrivals];
    int searched = 0;
    for (int i = 0; i < arrivals; i++) {
      int[] place = order.get(loaded + i);
      double score = full.score(place[0], place[1]);
      long began = nanos.getAsLong();
      Change change = solver.put(place[0], place[1], score);
      if (change.searchNeeded()) {
        solver.solve(budget);
        searched++;
      }
      millis[i] = (nanos.getAsLong() - began) * 1e-6;
      observer.arrived(i, solver);
    }
    double[] sorted = millis.clone();
    Arrays.sort(sorted);
    return new Report(
        arrivals,
        arrivals - searched,
        searched,
        Arrays.stream(millis).average().orElse(0),
        quantile(sorted, 0.5),
        quantile(sorted, 0.99),
        quantile(sorted, 1),
        solver.current());
  }

  private static double quantile(double[] sorted, double q) {
    int at = (int) Math.ceil(q * sorted.length) - 1;
    return sorted.length == 0 ? 0 : sorted[Math.max(0, at)];
  }
}
