package puzzle.engine.tables;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import puzzle.engine.json.JsonValue;
import puzzle.model.Subblock;
import puzzle.model.Variant;

/**
 * Puzzletron's {@code subblock_stats.json}: per workload the runtime, memory and parameters of each
 * subblock, and of what is outside the blocks. Sizes are given as {@code num_key_value_heads} and
 * {@code intermediate_size}, in older files as {@code n_heads_in_group} and {@code ffn_mult}.
 *
 * <p>A row of a kind that is not known, or whose measurements cannot be true, is left out; the
 * other rows stay usable.
 *
 * @param skipped what was left out: place, value and reason
 */
public record SubblockStats(List<Entry> entries, List<String> skipped) {

  public static final String RUNTIME = "runtime_ms";
  public static final String PREFILL = "prefill_runtime_ms";

  /** Of the whole generation. */
  public static final String DECODE = "decode_runtime_ms";

  public static final String PARAMS = "num_params";

  /** With the KV cache. */
  public static final String MEMORY = "memory_mib";

  public static final String KV_CACHE = "kv_cache_memory_mib";

  /** All that is measured. */
  public static final List<String> STATS =
      List.of(RUNTIME, PREFILL, DECODE, PARAMS, MEMORY, KV_CACHE);

  private static final int FFN_MULTIPLE = 256;

  /** Fields that, unless null, make a subblock another kind than those known here. */
  private static final List<String> OTHER_KINDS =
      List.of("moe", "mamba", "llama4", "sparsify", "window_length", "num_sink_tokens");

  /**
   * One workload.
   *
   * @param args batch size, lengths and types
   * @param outside what is outside the blocks
   */
  public record Entry(JsonValue args, Row outside, List<Row> rows) {}

  /**
   * One subblock.
   *
   * @param layer or {@link CsvFile#EVERY_LAYER}
   * @param variant null for what is outside the blocks
   * @param values some of {@link #STATS}, finite and not negative
   */
  public record Row(JsonValue at, int layer, Variant variant, Map<String, Double> values) {}

  static boolean matches(JsonValue root) {
    return root.isList() && root.list().stream().anyMatch(entry -> entry.has("subblocks"));
  }

  /** Reads the whole file. */
  public static SubblockStats read(JsonValue root) {
    SubblockStats stats = new SubblockStats(new ArrayList<>(), new ArrayList<>());
    root.list().forEach(stats::add);
    return stats;
  }

  private void add(JsonValue entry) {
    JsonValue args = entry.object("args");
    JsonValue outside = entry.has("non_block") ? entry.object("non_block") : entry.at("non_block");
    List<Row> rows = new ArrayList<>();
    for (JsonValue subblock : entry.objects("subblocks")) {
      Variant variant = variant(subblock, args);
      if (variant != null) {
        int before = skipped.size();
        Map<String, Double> values = values(subblock);
        if (skipped.size() == before) {
          int layer =
              subblock.integer("parent_layer_index", 0, Integer.MAX_VALUE, CsvFile.EVERY_LAYER);
          rows.add(new Row(subblock, layer, variant, values));
        }
      }
    }
    entries.add(
        new Entry(args, new Row(outside, CsvFile.EVERY_LAYER, null, values(outside)), rows));
  }

  private Map<String, Double> values(JsonValue at) {
    Map<String, Double> values = new LinkedHashMap<>();
    for (String stat : STATS) {
      if (at.has(stat)) {
        double value = at.number(stat);
        if (value >= 0) {
          values.put(stat, value);
        } else {
          skip(at.at(stat), value + " is negative: the measurement failed");
        }
      }
    }
    if (values.getOrDefault(MEMORY, Double.MAX_VALUE) < values.getOrDefault(KV_CACHE, 0.0)) {
      skip(at.at(MEMORY), values.remove(MEMORY) + " leaves no room for " + KV_CACHE);
    }
    return values;
  }

  private void skip(JsonValue at, String why) {
    skipped.add(at.place() + ": " + why);
  }

  /** Null for a kind that is not known, which is said. */
  private Variant variant(JsonValue subblock, JsonValue args) {
    JsonValue config = subblock.object("subblock_config");
    String type = subblock.text("subblock_config_class");
    for (String field : OTHER_KINDS) {
      if (config.has(field)) {
        skip(config.at(field), "not a kind of subblock known here");
        return null;
      }
    }
    switch (type) {
      case "AttentionConfig":
        return replaced(config) ? replacement(config, Subblock.ATTENTION) : attention(config, args);
      case "FFNConfig":
        return replaced(config) ? replacement(config, Subblock.FFN) : ffn(config, args);
      default:
        skip(subblock, type + " is not a kind of subblock known here");
        return null;
    }
  }

  private static Variant attention(JsonValue config, JsonValue args) {
    if (config.has("num_key_value_heads")) {
      return Variant.attention(config.integer("num_key_value_heads", 1, Integer.MAX_VALUE));
    }
    if (!config.has("n_heads_in_group")) {
      throw config.bad("has neither num_key_value_heads nor n_heads_in_group");
    }
    int heads = args.integer("n_head", 1, Integer.MAX_VALUE);
    int group = config.integer("n_heads_in_group", 1, heads);
    if (heads % group != 0) {
      throw config.bad(
          "n_heads_in_group", "does not divide " + heads + " heads", "n_head is wrong");
    }
    return Variant.attention(heads / group);
  }

  private static Variant ffn(JsonValue config, JsonValue args) {
    if (config.has("intermediate_size")) {
      return Variant.ffn(config.integer("intermediate_size", 1, Integer.MAX_VALUE));
    }
    if (!config.has("ffn_mult")) {
      throw config.bad("has neither intermediate_size nor ffn_mult");
    }
    double exact = 2 * config.number("ffn_mult") * args.integer("n_embd", 1, 1 << 20) / 3;
    if (!(exact >= 1 && exact < 1 << 24)) {
      throw config.bad("ffn_mult", "gives no usable width", "ffn_mult is wrong");
    }
    return Variant.ffn(((int) exact + FFN_MULTIPLE - 1) / FFN_MULTIPLE * FFN_MULTIPLE);
  }

  private static boolean replaced(JsonValue config) {
    return config.flag("no_op") || config.flag("replace_with_linear");
  }

  private static Variant replacement(JsonValue config, Subblock subblock) {
    return config.flag("no_op") ? Variant.noOp(subblock) : Variant.linear(subblock);
  }
}
