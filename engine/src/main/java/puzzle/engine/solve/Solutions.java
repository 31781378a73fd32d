package puzzle.engine.solve;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Turns what the search knows into {@link Solution}s, with totals added without rounding. */
final class Solutions {

  private Solutions() {}

  static Solution unknown(double bound, long nodes, double seconds) {
    return empty(Solution.Status.UNKNOWN, bound, nodes, seconds);
  }

  static Solution infeasible(long nodes, double seconds) {
    return empty(Solution.Status.INFEASIBLE, Double.POSITIVE_INFINITY, nodes, seconds);
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

  /**
   * @param multipliers of the compiled rows, null where unknown
   */
  static Solution of(
      SolverTable table,
      List<Row> rows,
      int[] choices,
      double bound,
      boolean proven,
      Problem problem,
      double[] multipliers,
      long nodes,
      double seconds) {
    List<Integer> items = new ArrayList<>(choices.length);
    int[] places = new int[choices.length];
    double[] values = new double[choices.length];
    for (int g = 0; g < choices.length; g++) {
      items.add(choices[g]);
      places[g] = g;
      values[g] = table.score(g, choices[g]);
    }
    double objective = Problem.exactSum(values, places).doubleValue();
    Map<String, Double> totals = new LinkedHashMap<>();
    for (int k = 0; k < table.stats().size(); k++) {
      for (int g = 0; g < choices.length; g++) {
        values[g] = table.cost(g, choices[g], k);
      }
      totals.put(table.stats().get(k), Problem.exactSum(values, places).doubleValue());
    }
    List<Solution.LimitState> limits = new ArrayList<>();
    for (int r = 0; r < rows.size(); r++) {
      double shadow = 0;
      for (int k = 0; multipliers != null && k < problem.rows; k++) {
        if (problem.sources[k].row() == r) {
          shadow += problem.sources[k].sign() * multipliers[k] / problem.sources[k].scale();
        }
      }
      limits.add(
          new Solution.LimitState(
              rows.get(r), totals.get(rows.get(r).stat()), shadow != 0, shadow));
    }
    double lower = proven ? objective : Math.min(bound, objective);
    return new Solution(
        proven ? Solution.Status.OPTIMAL : Solution.Status.FEASIBLE,
        items,
        objective,
        lower,
        (objective - lower) / Math.max(Math.abs(objective), 1e-12),
        proven,
        totals,
        limits,
        nodes,
        seconds,
        Optional.empty());
  }
}
