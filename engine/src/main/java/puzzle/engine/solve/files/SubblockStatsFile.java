package puzzle.engine.solve.files;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import puzzle.engine.json.Json;
import puzzle.model.InvalidInputException;

/**
 * Puzzletron's {@code subblock_stats.json}: costs of attention and FFN variants, per workload, with
 * what lies outside the blocks. Newer files state {@code num_key_value_heads} and {@code
 * intermediate_size}, older ones {@code n_heads_in_group} and {@code ffn_mult}.
 */
final class SubblockStatsFile {

  private static final List<String> STATS =
      List.of(
          "runtime_ms",
          "prefill_runtime_ms",
          "decode_runtime_ms",
          "num_params",
          "memory_mib",
          "kv_cache_memory_mib");

  private SubblockStatsFile() {}

  static boolean matches(JsonNode root) {
    return root.isArray() && !root.isEmpty() && root.get(0).has("subblocks");
  }

  /**
   * @return cost of everything outside the blocks, by stat
   */
  static Map<String, Double> read(String source, JsonNode root, Measurements into) {
    Json json = new Json(source);
    Map<String, Double> fixed = new LinkedHashMap<>();
    for (int e = 0; e < root.size(); e++) {
      JsonNode entry = root.get(e);
      String at = "/" + e;
      String suffix = root.size() == 1 ? "" : "@" + workload(json, root, at);
      for (Map.Entry<String, JsonNode> outside : entry.path("non_block").properties()) {
        if (!outside.getValue().isNull()) {
          double value =
              json.number(outside.getValue(), at + "/non_block/" + outside.getKey(), false);
          fixed.put(outside.getKey() + suffix, value);
        }
      }
      JsonNode subblocks = json.array(root, at + "/subblocks");
      boolean caches = false;
      for (JsonNode subblock : subblocks) {
        caches |= subblock.hasNonNull("kv_cache_memory_mib");
      }
      for (int i = 0; i < subblocks.size(); i++) {
        String place = at + "/subblocks/" + i;
        JsonNode subblock = subblocks.get(i);
        boolean attention = isAttention(json, subblock, place);
        String variant = attention ? attention(json, root, at, place) : ffn(json, root, at, place);
        JsonNode layer = subblock.path("parent_layer_index");
        int index =
            layer.isMissingNode() || layer.isNull()
                ? Measurements.ALL_LAYERS
                : json.integer(root, place + "/parent_layer_index");
        for (String stat : STATS) {
          JsonNode value = subblock.path(stat);
          boolean cacheless = caches && stat.equals("kv_cache_memory_mib") && !attention;
          if (value.isMissingNode() || value.isNull()) {
            if (cacheless) {
              into.add(index, "ffn", variant, stat + suffix, 0, source + " " + place);
            }
            continue;
          }
          into.add(
              index,
              attention ? "attention" : "ffn",
              variant,
              stat + suffix,
              json.number(value, place + "/" + stat, false),
              source + " " + place + "/" + stat);
        }
      }
    }
    return fixed;
  }

  private static boolean isAttention(Json json, JsonNode subblock, String place) {
    JsonNode kind = subblock.path("subblock_config_class");
    return switch (kind.asText()) {
      case "AttentionConfig" -> true;
      case "FFNConfig" -> false;
      default ->
          throw json.error(
              place + "/subblock_config_class",
              kind.isMissingNode() ? null : kind,
              "AttentionConfig or FFNConfig");
    };
  }

  private static String workload(Json json, JsonNode root, String at) {
    return "b%d-p%d-g%d"
        .formatted(
            json.integer(root, at + "/args/batch_size"),
            json.integer(root, at + "/args/prefill_seq_len"),
            json.integer(root, at + "/args/generation_seq_len"));
  }

  private static String attention(Json json, JsonNode root, String at, String place) {
    JsonNode config = root.at(place + "/subblock_config");
    if (config.path("no_op").asBoolean()) {
      return "attention-no-op";
    }
    if (config.path("replace_with_linear").asBoolean()) {
      return "attention-linear";
    }
    if (config.hasNonNull("num_key_value_heads")) {
      return "kv-" + json.integer(root, place + "/subblock_config/num_key_value_heads");
    }
    int heads = json.integer(root, at + "/args/n_head");
    int group = json.integer(root, place + "/subblock_config/n_heads_in_group");
    if (group < 1 || heads % group != 0) {
      throw new InvalidInputException(
          "%s: %d heads in groups of %d.\nMaybe n_head is of another model."
              .formatted(place, heads, group));
    }
    return "kv-" + heads / group;
  }

  private static String ffn(Json json, JsonNode root, String at, String place) {
    JsonNode config = root.at(place + "/subblock_config");
    if (config.path("no_op").asBoolean()) {
      return "ffn-no-op";
    }
    if (config.path("replace_with_linear").asBoolean()) {
      return "ffn-linear";
    }
    if (config.hasNonNull("intermediate_size")) {
      return "ffn-" + json.integer(root, place + "/subblock_config/intermediate_size");
    }
    double multiple = json.number(root, place + "/subblock_config/ffn_mult");
    int width = (int) (2 * multiple * json.integer(root, at + "/args/n_embd") / 3);
    return "ffn-" + (width + 255) / 256 * 256;
  }
}
