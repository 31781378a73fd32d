package puzzle.engine.profile.table;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import puzzle.engine.json.JsonValue;
import puzzle.engine.tables.BlockLibrary;
import puzzle.model.Block;
import puzzle.model.Subblock;
import puzzle.model.Variant;
import puzzle.model.Workload;

/**
 * The rows of a {@code block_library.json}: per layer and composed block the runtime, memory,
 * parameters and scores; size 0 means no-op. The shares of attention and FFN, repeated in every
 * block that contains them, become one row per subblock, their mean. The file does not name its
 * workload; whoever imports it does.
 */
final class LibraryCosts {

  private record Share(int layer, String what, CostStat metric) {}

  private final Workload workload;
  private final String source;
  private final List<CostRow> rows = new ArrayList<>();
  private final Map<Share, double[]> shares = new LinkedHashMap<>();

  private LibraryCosts(Workload workload, String source) {
    this.workload = workload;
    this.source = source;
  }

  static ImportedCosts read(JsonValue root, String source, Workload workload) {
    LibraryCosts library = new LibraryCosts(workload, source);
    BlockLibrary.read(root).forEach(library::add);
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

  private void add(BlockLibrary.Entry entry) {
    JsonValue stats = entry.at().object("stats");
    Variant attention =
        variant(Subblock.ATTENTION, stats.integer("num_kv_heads", 0, Integer.MAX_VALUE));
    Variant ffn =
        variant(Subblock.FFN, stats.integer("ffn_intermediate_size", 0, Integer.MAX_VALUE));
    String what = new Block(attention, ffn).name();
    add(entry, what, CostStat.RUNTIME, entry.stats().get("runtime_ms"), "ms");
    add(entry, what, CostStat.MEMORY, entry.stats().get("memory_mib"), "MiB");
    add(entry, what, CostStat.PARAMS, entry.stats().get("num_params"), "count");
    add(entry, what, CostStat.KL_DIV, entry.metrics().get("kl_div"), "nat");
    add(entry, what, CostStat.LM_LOSS, entry.metrics().get("lm_loss"), "nat");
    share(entry, attention, "attention_");
    share(entry, ffn, "ffn_");
  }

  private void add(
      BlockLibrary.Entry entry, String what, CostStat metric, Double value, String unit) {
    if (value != null) {
      double own = metric.toOwnUnit(value, unit, entry.at().place());
      String from = source + " at " + entry.at().pointer();
      rows.add(new CostRow(entry.layer(), what, workload, metric, own, from));
    }
  }

  private void share(BlockLibrary.Entry entry, Variant variant, String prefix) {
    share(entry, variant, CostStat.RUNTIME, prefix + "runtime_ms", "ms");
    share(entry, variant, CostStat.MEMORY, prefix + "memory_mib", "MiB");
    share(entry, variant, CostStat.PARAMS, prefix + "num_params", "count");
  }

  private void share(
      BlockLibrary.Entry entry, Variant variant, CostStat metric, String stat, String unit) {
    Double value = entry.stats().get(stat);
    if (value != null) {
      double[] sum =
          shares.computeIfAbsent(
              new Share(entry.layer(), variant.name(), metric), s -> new double[2]);
      sum[0] += metric.toOwnUnit(value, unit, entry.at().place() + "/stats/" + stat);
      sum[1]++;
    }
  }

  private static Variant variant(Subblock subblock, int size) {
    if (size == 0) {
      return Variant.noOp(subblock);
    }
    return subblock == Subblock.ATTENTION ? Variant.attention(size) : Variant.ffn(size);
  }
}
