package puzzle.engine.tables;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import puzzle.engine.json.JsonValue;
import puzzle.engine.solve.Row;
import puzzle.engine.solve.SolverTable;

/**
 * A bare optimisation problem: groups, scores, weights and budgets, perhaps with a known optimum.
 *
 * <pre>
 * {"name", "groups", "constraints", "sense": "sum w &lt;= budget", "budgets": [K],
 *  "scores": [group][item], "shared_weights_period": p, "weights": [group or p][item][K],
 *  "optimal_value", "optimal_choice"}
 * </pre>
 *
 * With p &gt; 0 only p groups of weights are stored and group g uses {@code weights[g mod p]}. The
 * stats are named {@code row0, row1, ...}.
 */
final class InstanceFile {

  private InstanceFile() {}

  static boolean matches(JsonValue root) {
    return root.has("scores") && root.has("weights") && root.has("budgets");
  }

  static LoadedTable parse(JsonValue root) {
    List<JsonValue> scores = root.list("scores");
    int groups = scores.size();
    double[] budgets = root.at("budgets").numbers(false);
    if (root.integer("groups", 1, Integer.MAX_VALUE, groups) != groups) {
      throw root.bad("groups", "is not the number of rows of scores, " + groups);
    }
    if (root.integer("constraints", 1, Integer.MAX_VALUE, budgets.length) != budgets.length) {
      throw root.bad("constraints", "is not the number of budgets, " + budgets.length);
    }
    if (root.has("sense") && !root.text("sense").equals("sum w <= budget")) {
      throw root.bad("sense", "is not \"sum w <= budget\", the only sense known");
    }
    int period = root.integer("shared_weights_period", 0, Integer.MAX_VALUE, 0);
    List<JsonValue> weights = root.list("weights");
    int expected = period > 0 ? period : groups;
    if (weights.isEmpty() || weights.size() != expected) {
      throw root.bad(
          "weights",
          "does not have the " + expected + " groups expected",
          "shared_weights_period is wrong");
    }
    List<double[][]> costs = weights.stream().map(w -> matrix(w, budgets.length)).toList();
    List<String> stats = new ArrayList<>();
    List<Row> limits = new ArrayList<>();
    for (int k = 0; k < budgets.length; k++) {
      stats.add("row" + k);
      limits.add(Row.atMost("row" + k, budgets[k]));
    }
    SolverTable.Builder table = SolverTable.builder(stats);
    for (int g = 0; g < groups; g++) {
      double[] layer = scores.get(g).numbers(true);
      List<String> names = new ArrayList<>();
      for (int j = 0; j < layer.length; j++) {
        names.add("item-" + j);
      }
      double[][] layerCosts = costs.get(period > 0 ? g % period : g);
      if (layerCosts.length != layer.length) {
        throw scores
            .get(g)
            .bad("does not score the " + layerCosts.length + " items that have weights");
      }
      table.layer(names, layer, layerCosts);
    }
    return new LoadedTable(
        root.has("name") ? root.text("name") : root.place(),
        table.build(),
        limits,
        Map.of(),
        root.has("optimal_value") ? root.number("optimal_value") : Double.NaN,
        List.of());
  }

  private static double[][] matrix(JsonValue items, int columns) {
    List<double[]> rows = new ArrayList<>();
    for (JsonValue item : items.list()) {
      double[] row = item.numbers(false);
      if (row.length != columns) {
        throw item.bad("is not " + columns + " numbers, one for each budget");
      }
      rows.add(row);
    }
    return rows.toArray(new double[0][]);
  }
}
