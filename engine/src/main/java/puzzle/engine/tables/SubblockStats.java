package puzzle.engine.tables;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import puzzle.engine.decoder.SubblockKind;
import puzzle.engine.json.JsonValue;
import puzzle.model.Subblock;
import puzzle.model.Variant;

/**
 * Puzzletron's {@code subblock_stats.json}: per workload the runtime, memory and parameters of each
 * subblock, and of what is outside the blocks. Sizes are given as {@code num_key_value_heads} and
 * {@code intermediate_size}, in older files as {@code n_heads_in_group} and {@code ffn_mult}.
 *
 * <p>A row of a kind that is not known, or whose measurements cannot be true, is left out; the
 * other rows stay usable. A row that lacks some of what the others have keeps the rest.
 *
 * @param skipped what was left out or is missing: place, value and reason
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

  private static final int LARGEST = 1 << 20;

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
    complain(rows);
    entries.add(
        new Entry(args, new Row(outside, CsvFile.EVERY_LAYER, null, values(outside)), rows));
  }

  /** Names what a row lacks; an FFN has no KV cache, whether that is said or not. */
  private void complain(List<Row> rows) {
    Set<String> measured = new LinkedHashSet<>();
    rows.forEach(row -> measured.addAll(row.values().keySet()));
    for (Row row : rows) {
      if (measured.contains(KV_CACHE) && row.variant().subblock() == Subblock.FFN) {
        row.values().putIfAbsent(KV_CACHE, 0.0);
      }
      for (String stat : measured) {
        if (!row.values().containsKey(stat)) {
          skip(row.at().at(stat), "missing; what else is measured there stays usable");
        }
      }
    }
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
    return switch (type) {
      case "AttentionConfig" -> variant(config, Subblock.ATTENTION, args);
      case "FFNConfig" -> variant(config, Subblock.FFN, args);
      default -> {
        skip(subblock, type + " is not a kind of subblock known here");
        yield null;
      }
    };
  }

  private static Variant variant(JsonValue config, Subblock subblock, JsonValue args) {
    boolean needsHeads = config.has("n_heads_in_group");
    SubblockKind.Parent parent =
        new SubblockKind.Parent(
            () ->
                needsHeads
                    ? args.integer("n_head", 1, LARGEST)
                    : args.integer("n_head", 1, LARGEST, 0),
            () -> args.integer("n_embd", 1, LARGEST));
    return SubblockKind.parse(config, subblock, parent, null);
  }
}
