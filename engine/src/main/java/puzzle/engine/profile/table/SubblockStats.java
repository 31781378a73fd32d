package puzzle.engine.profile.table;

import java.util.ArrayList;
import java.util.List;
import puzzle.engine.json.JsonAt;
import puzzle.model.InvalidInputException;
import puzzle.model.Subblock;
import puzzle.model.Variant;
import puzzle.model.Workload;

/**
 * Puzzletron's {@code subblock_stats.json}: per workload the runtime, memory and parameters of each
 * subblock. Sizes are told as {@code num_key_value_heads} and {@code intermediate_size}, in older
 * files as {@code n_heads_in_group} and {@code ffn_mult}. {@code decode_runtime_ms} is of the whole
 * generation and is divided by its length, so that the runtime of the workload is the file's.
 */
final class SubblockStats {

  private static final int MULTIPLE = 256;

  private final List<CostRow> rows = new ArrayList<>();
  private final List<String> skipped = new ArrayList<>();
  private final String source;
  private final int tensorParallel;

  private SubblockStats(String source, int tensorParallel) {
    this.source = source;
    this.tensorParallel = tensorParallel;
  }

  /**
   * @param tensorParallel devices it was measured on: the file does not say
   */
  static ImportedCosts read(JsonAt root, String source, int tensorParallel) {
    SubblockStats stats = new SubblockStats(source, tensorParallel);
    for (JsonAt entry : root.list("")) {
      stats.entry(entry);
    }
    return new ImportedCosts("subblock_stats", stats.rows, stats.skipped);
  }

  private void entry(JsonAt entry) {
    JsonAt args = entry.object("args");
    Workload workload =
        new Workload(
            args.integer("batch_size", 1),
            args.integer("prefill_seq_len", 1),
            args.integer("generation_seq_len", 1),
            WorkloadName.type(args.text("weights_dtype"), args.place() + "/weights_dtype"),
            WorkloadName.type(args.text("kv_cache_dtype"), args.place() + "/kv_cache_dtype"),
            tensorParallel);
    if (entry.has("non_block")) {
      add(entry.object("non_block"), CostRow.EVERY_LAYER, CostRow.FIXED, workload);
    }
    for (JsonAt subblock : entry.list("subblocks")) {
      String type = subblock.text("subblock_config_class");
      JsonAt config = subblock.object("subblock_config");
      Variant variant =
          switch (type) {
            case "AttentionConfig" -> attention(config, args);
            case "FFNConfig" -> ffn(config, args);
            default -> null;
          };
      if (variant == null) {
        skipped.add(subblock.place() + ": " + type + " is no subblock of this search space");
      } else {
        int layer =
            subblock.has("parent_layer_index")
                ? subblock.integer("parent_layer_index", 0)
                : CostRow.EVERY_LAYER;
        add(subblock, layer, variant.name(), workload);
      }
    }
  }

  private static Variant attention(JsonAt config, JsonAt args) {
    if (replaced(config)) {
      return replacement(config, Subblock.ATTENTION);
    }
    if (config.has("num_key_value_heads")) {
      return Variant.attention(config.integer("num_key_value_heads", 1));
    }
    int heads = args.integer("n_head", 1);
    int group = config.integer("n_heads_in_group", 1);
    if (heads % group != 0) {
      throw config.bad("has a group that does not divide " + heads + " heads", "n_head is wrong");
    }
    return Variant.attention(heads / group);
  }

  private static Variant ffn(JsonAt config, JsonAt args) {
    if (replaced(config)) {
      return replacement(config, Subblock.FFN);
    }
    if (config.has("intermediate_size")) {
      return Variant.ffn(config.integer("intermediate_size", 1));
    }
    double exact = 2 * config.number("ffn_mult") * args.integer("n_embd", 1) / 3;
    if (!(exact >= 1 && exact < 1 << 24)) {
      throw config.bad("gives no usable width", "ffn_mult is wrong");
    }
    return Variant.ffn(((int) exact + MULTIPLE - 1) / MULTIPLE * MULTIPLE);
  }

  private static boolean replaced(JsonAt config) {
    return config.flag("no_op") || config.flag("replace_with_linear");
  }

  private static Variant replacement(JsonAt config, Subblock subblock) {
    return config.flag("no_op") ? Variant.noOp(subblock) : Variant.linear(subblock);
  }

  private void add(JsonAt stats, int layer, String what, Workload workload) {
    String from = source + " at " + stats.pointer();
    if (stats.has("prefill_runtime_ms") && stats.has("decode_runtime_ms")) {
      double decode = stats.number("decode_runtime_ms") / workload.generationTokens();
      row(
          stats,
          layer,
          what,
          workload,
          CostStat.PREFILL_TIME,
          stats.number("prefill_runtime_ms"),
          "ms",
          from);
      row(stats, layer, what, workload, CostStat.DECODE_TIME, decode, "ms", from);
    } else if (stats.has("runtime_ms")) {
      row(stats, layer, what, workload, CostStat.RUNTIME, stats.number("runtime_ms"), "ms", from);
    } else {
      skipped.add(stats.place() + ": no runtime");
    }
    double kv = stats.has("kv_cache_memory_mib") ? stats.number("kv_cache_memory_mib") : 0;
    if (stats.has("memory_mib")) {
      double weights = stats.number("memory_mib") - kv;
      if (weights < 0) {
        throw stats.bad("has more KV cache than memory", "memory_mib leaves the cache out");
      }
      row(stats, layer, what, workload, CostStat.WEIGHT_MEMORY, weights, "MiB", from);
      row(stats, layer, what, workload, CostStat.KV_MEMORY, kv, "MiB", from);
    }
    if (stats.has("num_params")) {
      row(stats, layer, what, workload, CostStat.PARAMS, stats.number("num_params"), "count", from);
    }
  }

  private void row(
      JsonAt at,
      int layer,
      String what,
      Workload workload,
      CostStat metric,
      double value,
      String unit,
      String from) {
    double own = metric.toOwnUnit(value, unit, at.place());
    if (rows.size() > 10_000_000) {
      throw new InvalidInputException(at.place() + ": too many rows.\nMaybe split the file.");
    }
    rows.add(new CostRow(layer, what, workload, metric, own, from));
  }
}
