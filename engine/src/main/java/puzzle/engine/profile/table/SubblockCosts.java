package puzzle.engine.profile.table;

import java.util.ArrayList;
import java.util.List;
import puzzle.engine.json.JsonValue;
import puzzle.engine.tables.SubblockStats;
import puzzle.model.Workload;

/**
 * The rows of a {@code subblock_stats.json}. The decode time there is of the whole generation and
 * is divided by its length, so that the runtime of the workload is the file's; the KV cache is
 * taken out of the memory.
 */
final class SubblockCosts {

  private final List<CostRow> rows = new ArrayList<>();
  private final List<String> skipped;
  private final String source;

  private SubblockCosts(String source, List<String> skipped) {
    this.source = source;
    this.skipped = new ArrayList<>(skipped);
  }

  /**
   * @param tensorParallel devices it was measured on: the file does not say
   */
  static ImportedCosts read(JsonValue root, String source, int tensorParallel) {
    SubblockStats stats = SubblockStats.read(root);
    SubblockCosts costs = new SubblockCosts(source, stats.skipped());
    for (SubblockStats.Entry entry : stats.entries()) {
      Workload workload = workload(entry.args(), tensorParallel);
      if (!entry.outside().values().isEmpty()) {
        costs.add(entry.outside(), CostRow.FIXED, workload);
      }
      entry.rows().forEach(row -> costs.add(row, row.variant().name(), workload));
    }
    return new ImportedCosts("subblock_stats", costs.rows, costs.skipped);
  }

  private static Workload workload(JsonValue args, int tensorParallel) {
    return new Workload(
        args.integer("batch_size", 1, Integer.MAX_VALUE),
        args.integer("prefill_seq_len", 1, Integer.MAX_VALUE),
        args.integer("generation_seq_len", 1, Integer.MAX_VALUE),
        WorkloadName.type(args.text("weights_dtype"), args.at("weights_dtype").place()),
        WorkloadName.type(args.text("kv_cache_dtype"), args.at("kv_cache_dtype").place()),
        tensorParallel);
  }

  private void add(SubblockStats.Row row, String what, Workload workload) {
    var values = row.values();
    Double prefill = values.get(SubblockStats.PREFILL);
    Double decode = values.get(SubblockStats.DECODE);
    Double runtime = values.get(SubblockStats.RUNTIME);
    if (prefill != null) {
      put(row, what, workload, CostStat.PREFILL_TIME, prefill, "ms");
    }
    if (decode != null) {
      double perToken = decode / workload.generationTokens();
      put(row, what, workload, CostStat.DECODE_TIME, perToken, "ms");
    }
    boolean parts = prefill != null && decode != null;
    if (!parts && runtime != null) {
      put(row, what, workload, CostStat.RUNTIME, runtime, "ms");
    } else if (!parts) {
      skipped.add(row.at().place() + ": no runtime");
    }
    double kv = values.getOrDefault(SubblockStats.KV_CACHE, 0.0);
    Double memory = values.get(SubblockStats.MEMORY);
    if (memory != null) {
      put(row, what, workload, CostStat.WEIGHT_MEMORY, memory - kv, "MiB");
      put(row, what, workload, CostStat.KV_MEMORY, kv, "MiB");
    }
    Double params = values.get(SubblockStats.PARAMS);
    if (params != null) {
      put(row, what, workload, CostStat.PARAMS, params, "count");
    }
  }

  private void put(
      SubblockStats.Row row,
      String what,
      Workload workload,
      CostStat metric,
      double value,
      String unit) {
    double own = metric.toOwnUnit(value, unit, row.at().place());
    rows.add(
        new CostRow(
            row.layer(), what, workload, metric, own, source + " at " + row.at().pointer()));
  }
}
