package puzzle.engine.solve;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Turns what the search knows into {@link Solution}s, with totals added without rounding. */
final class Solutions {

  private Solutions() {}

  /**
   * @param live the compiled problem, for shadow prices; null if there is none
   */
  static Solution of(
      SolverTable table,
      List<Row> rows,
      Choice choice,
      LiveProblem live,
      long nodes,
      double seconds) {
    if (!choice.known()) {
      return choice.proven()
          ? empty(Solution.Status.INFEASIBLE, Double.POSITIVE_INFINITY, nodes, seconds)
          : empty(Solution.Status.UNKNOWN, choice.bound(), nodes, seconds);
    }
    List<Integer> items = Arrays.stream(choice.items()).boxed().toList();
    double objective = table.objective(items);
    Map<String, Double> totals = table.totals(items);
    List<Solution.LimitState> limits = new ArrayList<>();
    for (int r = 0; r < rows.size(); r++) {
      double shadow = live == null ? 0 : live.shadowPrice(r);
      limits.add(
          new Solution.LimitState(
              rows.get(r), totals.get(rows.get(r).stat()), shadow != 0, shadow));
    }
    double lower = choice.proven() ? objective : Math.min(choice.bound(), objective);
    return new Solution(
        choice.proven() ? Solution.Status.OPTIMAL : Solution.Status.FEASIBLE,
        items,
        objective,
        lower,
        (objective - lower) / Math.max(Math.abs(objective), 1e-12),
        choice.proven(),
        totals,
        limits,
        nodes,
        seconds,
        Optional.empty());
  }

  private static Solution empty(Solution.Status status, double bound, long nodes, double seconds) {
    boolean proven = status == Solution.Status.INFEASIBLE;
    return new Solution(
        status,
        List.of(),
        Double.POSITIVE_INFINITY,
        bound,
        proven ? 0 : Double.POSITIVE_INFINITY,
        proven,
        Map.of(),
        List.of(),
        nodes,
        seconds,
        Optional.empty());
  }
}
