package puzzle.engine.solve;

import java.math.BigDecimal;
import java.util.List;
import java.util.function.BiPredicate;

/** The optimum of a small table by looking at every architecture, in exact arithmetic. */
final class BruteForce {

  private final SolverTable table;
  private final List<Row> rows;
  private final BiPredicate<Integer, Integer> allowed;
  private final int[] choice;
  private BigDecimal best;

  private BruteForce(SolverTable table, List<Row> rows, BiPredicate<Integer, Integer> allowed) {
    this.table = table;
    this.rows = rows;
    this.allowed = allowed;
    this.choice = new int[table.layers()];
  }

  /** Infinite where nothing fits. */
  static double optimum(SolverTable table, List<Row> rows, BiPredicate<Integer, Integer> allowed) {
    BruteForce search = new BruteForce(table, rows, allowed);
    search.layer(0);
    return search.best == null ? Double.POSITIVE_INFINITY : search.best.doubleValue();
  }

  static double optimum(SolverTable table, List<Row> rows) {
    return optimum(table, rows, (g, j) -> true);
  }

  private void layer(int g) {
    if (g < choice.length) {
      for (int j = 0; j < table.items(g); j++) {
        if (table.hasScore(g, j) && allowed.test(g, j)) {
          choice[g] = j;
          layer(g + 1);
        }
      }
      return;
    }
    for (Row row : rows) {
      int k = table.statIndex(row.stat());
      BigDecimal sum = BigDecimal.ZERO;
      for (int h = 0; h < choice.length; h++) {
        sum = sum.add(new BigDecimal(table.cost(h, choice[h], k)));
      }
      double slack = Row.TOLERANCE;
      if ((row.hasUpper()
              && sum.compareTo(new BigDecimal(row.upper() + slack * Math.abs(row.upper()))) > 0)
          || (row.hasLower()
              && sum.compareTo(new BigDecimal(row.lower() - slack * Math.abs(row.lower()))) < 0)) {
        return;
      }
    }
    BigDecimal score = BigDecimal.ZERO;
    for (int h = 0; h < choice.length; h++) {
      score = score.add(new BigDecimal(table.score(h, choice[h])));
    }
    best = best == null || score.compareTo(best) < 0 ? score : best;
  }
}
