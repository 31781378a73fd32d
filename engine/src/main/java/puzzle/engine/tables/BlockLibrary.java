package puzzle.engine.tables;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import puzzle.engine.json.JsonValue;

/**
 * The paper's demonstration {@code block_library.json}: {@code {"layer_0": {"<description>":
 * {"stats": {"memory_mib": ..., "runtime_ms": ..., ...}, "metrics": {"kl_div": ..., "lm_loss":
 * ...}}}}}.
 */
public final class BlockLibrary {

  /**
   * One block of one layer.
   *
   * @param name as the file describes it
   * @param stats costs by name, finite and not negative
   * @param metrics scores by name, without those that are null
   */
  public record Entry(
      int layer,
      String name,
      JsonValue at,
      Map<String, Double> stats,
      Map<String, Double> metrics) {}

  private BlockLibrary() {}

  static boolean matches(JsonValue root) {
    return root.has("layer_0");
  }

  /** The blocks in the order of their layers. */
  public static List<Entry> read(JsonValue root) {
    Map<Integer, JsonValue> layers = new TreeMap<>();
    for (String name : root.names()) {
      JsonValue layer = root.object(name);
      if (!name.matches("layer_[0-9]{1,5}")) {
        throw root.bad(name, "is not a layer", "layer_0, layer_1 and so on were meant");
      }
      if (layers.put(Integer.parseInt(name.substring(6)), layer) != null) {
        throw root.bad(name, "is a layer that occurs twice", "remove one of the two");
      }
      if (layer.names().isEmpty()) {
        throw root.bad(name, "has no block", "the file was cut short");
      }
    }
    List<Entry> entries = new ArrayList<>();
    int expected = 0;
    for (Map.Entry<Integer, JsonValue> layer : layers.entrySet()) {
      if (layer.getKey() != expected) {
        throw root.bad("layer_" + expected, "is a layer before others", "the file was cut short");
      }
      for (String name : layer.getValue().names()) {
        entries.add(entry(expected, name, layer.getValue().object(name)));
      }
      expected++;
    }
    return entries;
  }

  private static Entry entry(int layer, String name, JsonValue at) {
    Map<String, Double> costs = new LinkedHashMap<>();
    JsonValue stats = at.object("stats");
    for (String stat : stats.names()) {
      double cost = stats.number(stat);
      if (cost < 0) {
        throw stats.bad(stat, "is negative", "the measurement failed");
      }
      costs.put(stat, cost);
    }
    Map<String, Double> scores = new LinkedHashMap<>();
    if (at.has("metrics")) {
      JsonValue metrics = at.object("metrics");
      for (String metric : metrics.names()) {
        if (metrics.has(metric)) {
          scores.put(metric, metrics.number(metric));
        }
      }
    }
    return new Entry(layer, name, at, costs, scores);
  }
}
