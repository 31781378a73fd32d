package puzzle.engine.solve;

import java.util.ArrayList;
import java.util.List;

/**
 * Why nothing fits, and what would.
 *
 * <p>The conflict is found by deletion: leave out one limit after another, and keep it out while
 * the rest stays infeasible; what remains is a set none of whose limits can be left out. A
 * relaxation is the least possible sum of one stat under all other limits: the same solver with
 * that stat for a score.
 */
final class Conflicts {

  /** To the last digit, the least sum of one stat would be a subset-sum problem. */
  private static final double PRECISION = 1e-8;

  /** The search that failed, with everything it keeps besides the limits. */
  @FunctionalInterface
  interface Searching {
    Solution solve(SolverTable table, List<Row> rows, SolveBudget budget);
  }

  private Conflicts() {}

  static Infeasibility explain(
      SolverTable table, List<Row> rows, Searching searching, SolveBudget budget) {
    List<Row> sides = sides(rows);
    SolveBudget each = budget.fromNow().withGap(PRECISION);
    boolean certain = true;
    List<Row> conflict = new ArrayList<>(sides);
    for (Row side : sides) {
      List<Row> without = new ArrayList<>(conflict);
      without.remove(side);
      SolverTable free = table.withScores((g, j) -> table.hasScore(g, j) ? 0 : Double.NaN);
      Solution answer = searching.solve(free, without, each);
      if (answer.status() == Solution.Status.INFEASIBLE) {
        conflict = without;
      }
      certain &= answer.status() != Solution.Status.UNKNOWN;
    }
    List<Infeasibility.Relaxation> relaxations = new ArrayList<>();
    for (Row side : sides) {
      List<Row> others = new ArrayList<>(sides);
      others.remove(side);
      int stat = table.statIndex(side.stat());
      double sign = side.hasUpper() ? 1 : -1;
      SolverTable least =
          table.withScores(
              (g, j) -> table.hasScore(g, j) ? sign * table.cost(g, j, stat) : Double.NaN);
      Solution answer = searching.solve(least, others, each);
      boolean smallest = answer.gap() <= PRECISION;
      if (smallest && answer.found()) {
        relaxations.add(new Infeasibility.Relaxation(side, answer.totals().get(side.stat())));
      }
      certain &= smallest;
    }
    return new Infeasibility(conflict, relaxations, certain);
  }

  private static List<Row> sides(List<Row> rows) {
    List<Row> sides = new ArrayList<>();
    for (Row row : rows) {
      if (row.hasUpper()) {
        sides.add(Row.atMost(row.stat(), row.upper()));
      }
      if (row.hasLower()) {
        sides.add(Row.atLeast(row.stat(), row.lower()));
      }
    }
    return sides;
  }
}
