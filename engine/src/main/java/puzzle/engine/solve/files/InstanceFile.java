package puzzle.engine.solve.files;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import puzzle.engine.json.Json;
import puzzle.engine.solve.Row;
import puzzle.engine.solve.SolverTable;
import puzzle.model.InvalidInputException;

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
public final class InstanceFile {

  /**
   * An instance.
   *
   * @param optimum NaN where the file states none
   */
  public record Instance(String name, SolverTable table, List<Row> rows, double optimum) {}

  private InstanceFile() {}

  static boolean matches(JsonNode root) {
    return root.has("scores") && root.has("weights") && root.has("budgets");
  }

  /**
   * @param source named in messages
   */
  public static Instance parse(String source, JsonNode root) {
    Json json = new Json(source);
    JsonNode scores = json.array(root, "/scores");
    int groups = scores.size();
    if (root.has("groups") && json.integer(root, "/groups") != groups) {
      throw json.error("/groups", root.get("groups"), "there are " + groups + " rows of scores");
    }
    JsonNode budgets = json.array(root, "/budgets");
    int rows = budgets.size();
    if (root.has("constraints") && json.integer(root, "/constraints") != rows) {
      throw json.error("/constraints", root.get("constraints"), "there are " + rows + " budgets");
    }
    if (root.has("sense") && !root.get("sense").asText().equals("sum w <= budget")) {
      throw json.error("/sense", root.get("sense"), "only \"sum w <= budget\" is known");
    }
    int period =
        root.has("shared_weights_period") ? json.integer(root, "/shared_weights_period") : 0;
    JsonNode weights = json.array(root, "/weights");
    int expected = period > 0 ? period : groups;
    if (weights.size() != expected) {
      throw new InvalidInputException(
          "%s /weights: %d groups, expected %d.\nMaybe shared_weights_period is wrong."
              .formatted(source, weights.size(), expected));
    }
    List<double[][]> costs = new ArrayList<>();
    for (int g = 0; g < expected; g++) {
      costs.add(json.matrix(weights.get(g), "/weights/" + g, rows));
    }
    List<String> stats = new ArrayList<>();
    for (int k = 0; k < rows; k++) {
      stats.add("row" + k);
    }
    SolverTable.Builder table = SolverTable.builder(stats);
    for (int g = 0; g < groups; g++) {
      double[] layer = json.numbers(scores.get(g), "/scores/" + g, true);
      List<String> names = new ArrayList<>();
      for (int j = 0; j < layer.length; j++) {
        names.add("item-" + j);
      }
      double[][] layerCosts = costs.get(period > 0 ? g % period : g);
      if (layerCosts.length != layer.length) {
        throw new InvalidInputException(
            "%s /scores/%d: %d scores for %d items with weights.\nMaybe an entry is missing."
                .formatted(source, g, layer.length, layerCosts.length));
      }
      table.layer(names, layer, layerCosts);
    }
    List<Row> limits = new ArrayList<>();
    double[] limit = json.numbers(budgets, "/budgets", false);
    for (int k = 0; k < rows; k++) {
      limits.add(Row.atMost("row" + k, limit[k]));
    }
    double optimum =
        root.hasNonNull("optimal_value") ? json.number(root, "/optimal_value") : Double.NaN;
    String name = root.hasNonNull("name") ? root.get("name").asText() : source;
    return new Instance(name, table.build(), limits, optimum);
  }
}
