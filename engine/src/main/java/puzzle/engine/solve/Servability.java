package puzzle.engine.solve;

import java.util.List;

/**
 * Solves for a program that can run only some of the items, and among whose rules is perhaps one
 * that spans layers: the first layer that is not empty must be one that may come first.
 *
 * <p>That rule is solved by cases: either the first layer may come first, or it is empty and the
 * second may, and so on; a case is searched only below the best so far, and most end at their
 * relaxation.
 */
public final class Servability {

  /** What is said of an item of a layer. */
  @FunctionalInterface
  public interface Items {
    boolean test(int layer, int item);
  }

  /**
   * The rules of a program.
   *
   * @param allowed items that it can run
   * @param empty items that do nothing
   * @param first items that may be the first that is not empty; null if any may
   */
  public record Rules(Items allowed, Items empty, Items first) {
    public static final Rules NONE = new Rules((g, j) -> true, (g, j) -> false, null);
  }

  private Servability() {}

  /** A copy of the table in which an item that may not be chosen has no score. */
  public static SolverTable allowed(SolverTable table, Rules rules) {
    return restricted(table, rules.allowed());
  }

  /** The best architecture under the rules. */
  public static Solution solve(SolverTable table, List<Row> rows, Rules rules, SolveBudget budget) {
    SolverTable allowed = allowed(table, rules);
    SolveBudget rest = budget.fromNow();
    Solution free = new IncrementalSolver(allowed, rows).solve(rest);
    if (rules.first() == null || !free.found() || startsRight(rules, free)) {
      return free;
    }
    Solution best = null;
    double bound = Double.POSITIVE_INFINITY;
    boolean proven = true;
    for (int first = 0; first < table.layers(); first++) {
      int at = first;
      SolverTable oneCase =
          restricted(
              allowed,
              (g, j) -> g > at || (g < at ? rules.empty().test(g, j) : rules.first().test(g, j)));
      IncrementalSolver solver = new IncrementalSolver(oneCase, rows);
      if (best != null && best.found()) {
        solver.setCutoff(best.objective());
      }
      Solution solution = solver.solve(rest);
      bound = Math.min(bound, solution.bound());
      proven &= solution.proven();
      boolean better =
          best == null
              || (solution.found() && solution.objective() < best.objective())
              || (!best.found() && !solution.proven());
      best = better ? solution : best;
    }
    return best.found() ? best.withBound(Math.min(bound, best.objective()), proven) : best;
  }

  /** Why no architecture keeps the limits and the rules; the rules stay, the limits move. */
  public static Infeasibility explain(
      SolverTable table, List<Row> rows, Rules rules, SolveBudget budget) {
    return Conflicts.explain(
        allowed(table, rules), rows, (t, limits, b) -> solve(t, limits, rules, b), budget);
  }

  private static SolverTable restricted(SolverTable table, Items items) {
    return table.withScores((g, j) -> items.test(g, j) ? table.score(g, j) : Double.NaN);
  }

  /** False for an architecture that does nothing at all. */
  private static boolean startsRight(Rules rules, Solution solution) {
    for (int g = 0; g < solution.choices().size(); g++) {
      int item = solution.choices().get(g);
      if (!rules.empty().test(g, item)) {
        return rules.first().test(g, item);
      }
    }
    return false;
  }
}
