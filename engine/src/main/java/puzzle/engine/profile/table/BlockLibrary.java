package puzzle.engine.profile.table;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import puzzle.engine.json.JsonAt;
import puzzle.model.Block;
import puzzle.model.Subblock;
import puzzle.model.Variant;
import puzzle.model.Workload;

/**
 * The paper's demonstration {@code block_library.json}: per layer and composed block the runtime,
 * memory, parameters and scores; size 0 means no-op. The shares of attention and FFN, repeated in
 * every block that contains them, become one row per subblock, their mean. The file does not name
 * its workload; whoever imports it does.
 */
final class BlockLibrary {

  private record Share(int layer, String what, CostStat metric) {}

  private final Workload workload;
  private final String source;
  private final List<CostRow> rows = new ArrayList<>();
  private final Map<Share, double[]> shares = new LinkedHashMap<>();

  private BlockLibrary(Workload workload, String source) {
    this.workload = workload;
    this.source = source;
  }

  static ImportedCosts read(JsonAt root, String source, Workload workload) {
    BlockLibrary library = new BlockLibrary(workload, source);
    for (String layer : root.names()) {
      if (!layer.matches("layer_\\d{1,5}")) {
        throw root.bad("has the field '" + layer + "'", "layer_0, layer_1 and so on were meant");
      }
      JsonAt blocks = root.object(layer);
      for (String block : blocks.names()) {
        library.block(Integer.parseInt(layer.substring("layer_".length())), blocks.object(block));
      }
    }
    library.shares.forEach(
        (share, sum) ->
            library.rows.add(
                new CostRow(
                    share.layer(),
                    share.what(),
                    workload,
                    share.metric(),
                    sum[0] / sum[1],
                    source + " at /layer_" + share.layer())));
    return new ImportedCosts("block_library", library.rows, List.of());
  }

  private void block(int layer, JsonAt block) {
    JsonAt stats = block.object("stats");
    Variant attention = variant(Subblock.ATTENTION, stats.integer("num_kv_heads", 0));
    Variant ffn = variant(Subblock.FFN, stats.integer("ffn_intermediate_size", 0));
    String what = new Block(attention, ffn).name();
    String from = source + " at " + block.pointer();
    add(layer, what, CostStat.RUNTIME, stats, "runtime_ms", "ms", from);
    add(layer, what, CostStat.MEMORY, stats, "memory_mib", "MiB", from);
    add(layer, what, CostStat.PARAMS, stats, "num_params", "count", from);
    if (block.has("metrics")) {
      JsonAt metrics = block.object("metrics");
      add(layer, what, CostStat.KL_DIV, metrics, "kl_div", "nat", from);
      add(layer, what, CostStat.LM_LOSS, metrics, "lm_loss", "nat", from);
    }
    share(layer, attention, stats, "attention_");
    share(layer, ffn, stats, "ffn_");
  }

  private void add(
      int layer, String what, CostStat metric, JsonAt at, String field, String unit, String from) {
    if (at.has(field)) {
      double value = metric.toOwnUnit(at.number(field), unit, at.place() + "/" + field);
      rows.add(new CostRow(layer, what, workload, metric, value, from));
    }
  }

  private void share(int layer, Variant variant, JsonAt stats, String prefix) {
    share(layer, variant, CostStat.RUNTIME, stats, prefix + "runtime_ms", "ms");
    share(layer, variant, CostStat.MEMORY, stats, prefix + "memory_mib", "MiB");
    share(layer, variant, CostStat.PARAMS, stats, prefix + "num_params", "count");
  }

  private void share(
      int layer, Variant variant, CostStat metric, JsonAt stats, String field, String unit) {
    if (stats.has(field)) {
      double value = metric.toOwnUnit(stats.number(field), unit, stats.place() + "/" + field);
      double[] sum =
          shares.computeIfAbsent(new Share(layer, variant.name(), metric), s -> new double[2]);
      sum[0] += value;
      sum[1]++;
    }
  }

  private static Variant variant(Subblock subblock, int size) {
    return size == 0 ? Variant.noOp(subblock) : new Variant(subblock, Variant.Form.SIZED, size);
  }
}
