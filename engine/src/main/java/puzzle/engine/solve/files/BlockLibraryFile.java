package puzzle.engine.solve.files;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import puzzle.engine.json.Json;
import puzzle.engine.solve.SolverTable;
import puzzle.model.InvalidInputException;

/**
 * The paper's demonstration library: {@code {"layer_0": {"<description>": {"stats": {"memory_mib":
 * ..., "runtime_ms": ..., ...}, "metrics": {"kl_div": ..., "lm_loss": ...}}}}}. Every block has the
 * same stats; a metric may be missing or null where a block was not scored.
 */
final class BlockLibraryFile {

  private BlockLibraryFile() {}

  static boolean matches(JsonNode root) {
    return root.isObject() && root.has("layer_0");
  }

  /**
   * @param metric the score to read
   */
  static LoadedTable parse(String source, JsonNode root, String metric) {
    Json json = new Json(source);
    Map<Integer, JsonNode> layers = new TreeMap<>();
    for (Map.Entry<String, JsonNode> entry : root.properties()) {
      String name = entry.getKey();
      if (!name.matches("layer_\\d{1,6}")) {
        throw json.error("/" + name, entry.getValue(), "name layers layer_0, layer_1 and so on");
      }
      JsonNode before = layers.put(Integer.parseInt(name.substring(6)), entry.getValue());
      if (before != null) {
        throw json.error("/" + name, entry.getValue(), "the layer occurs twice");
      }
    }
    List<String> stats = null;
    Set<String> metrics = new LinkedHashSet<>();
    SolverTable.Builder table = null;
    int expected = 0;
    boolean any = false;
    for (Map.Entry<Integer, JsonNode> layer : layers.entrySet()) {
      if (layer.getKey() != expected++) {
        throw new InvalidInputException(
            "%s /layer_%d: missing.\nMaybe the file was cut short."
                .formatted(source, expected - 1));
      }
      String pointer = "/layer_" + layer.getKey();
      if (!layer.getValue().isObject() || layer.getValue().isEmpty()) {
        throw json.error(pointer, layer.getValue(), "a layer needs at least one block");
      }
      List<String> names = new ArrayList<>();
      List<double[]> costs = new ArrayList<>();
      double[] scores = new double[layer.getValue().size()];
      for (Map.Entry<String, JsonNode> block : layer.getValue().properties()) {
        String at = pointer + "/" + block.getKey();
        JsonNode blockStats = block.getValue().path("stats");
        if (!blockStats.isObject() || blockStats.isEmpty()) {
          throw json.error(at + "/stats", blockStats.isMissingNode() ? null : blockStats, "add it");
        }
        List<String> own = new ArrayList<>();
        blockStats.fieldNames().forEachRemaining(own::add);
        if (stats == null) {
          stats = own;
          table = SolverTable.builder(stats);
        }
        if (own.size() != stats.size() || !own.containsAll(stats)) {
          throw new InvalidInputException(
              "%s %s/stats: has %s, the first block has %s.\nMaybe a column is missing."
                  .formatted(source, at, own, stats));
        }
        double[] cost = new double[stats.size()];
        for (int k = 0; k < cost.length; k++) {
          JsonNode value = blockStats.get(stats.get(k));
          String place = at + "/stats/" + stats.get(k);
          cost[k] = json.number(value, place, false);
          if (cost[k] < 0) {
            throw json.error(place, value, "a cost is not negative");
          }
        }
        JsonNode blockMetrics = block.getValue().path("metrics");
        blockMetrics.fieldNames().forEachRemaining(metrics::add);
        JsonNode score = blockMetrics.path(metric);
        scores[names.size()] =
            score.isMissingNode()
                ? Double.NaN
                : json.number(score, at + "/metrics/" + metric, true);
        any |= !Double.isNaN(scores[names.size()]);
        names.add(block.getKey());
        costs.add(cost);
      }
      table.layer(names, scores, costs.toArray(new double[0][]));
    }
    if (!any) {
      throw new InvalidInputException(
          "%s: no block has a metric '%s'.\nMaybe one of %s.".formatted(source, metric, metrics));
    }
    return new LoadedTable(source, table.build(), List.of(), Map.of(), Double.NaN);
  }
}
