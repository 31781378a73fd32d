package puzzle.engine.tables;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import puzzle.model.InvalidInputException;
import puzzle.model.Subblock;
import puzzle.model.Variant;

/**
 * One value of a CSV file, of any of three kinds, told apart by their columns:
 *
 * <ul>
 *   <li>a value a line: {@code layer,subblock,variant,workload,metric,value,unit,source}, of which
 *       workload, unit and source may be missing
 *   <li>a run folder's {@code profile.csv}: the costs of a variant a line
 *   <li>a run folder's {@code scores.csv}: the scores of a block a line
 * </ul>
 *
 * @param layer or {@link CsvFile#EVERY_LAYER}
 * @param subblock {@code attention}, {@code ffn}, {@code block}, or {@code fixed} for what is
 *     outside the layers
 * @param workload empty if it is not told, or does not matter
 */
record MeasuredValue(
    int layer,
    String subblock,
    String variant,
    String workload,
    String name,
    double value,
    String unit,
    String place) {

  static final String FIXED = "fixed";

  private static final List<String> NEEDED =
      List.of("layer", "subblock", "variant", "metric", "value");
  private static final List<String> KNOWN =
      List.of("layer", "subblock", "variant", "workload", "metric", "value", "unit", "source");
  private static final List<String> SCORES = List.of("layer", "attention", "ffn", "score");
  private static final List<String> COSTS =
      List.of("prefill_seconds", "decode_seconds", "weight_bytes", "kv_bytes", "params");

  /** Where a run's table of scores has the metrics of the paper's library. */
  private static final Map<String, String> OF_A_RUN =
      Map.of("kl_div", "kl_nats_per_token", "lm_loss", "lm_loss_nats_per_token");

  /**
   * @param metric the score to read
   */
  static void forEach(Path file, String metric, Consumer<MeasuredValue> reader) {
    List<String> columns = CsvFile.columns(file);
    if (columns.containsAll(SCORES)) {
      String column = OF_A_RUN.getOrDefault(metric, metric);
      CsvFile.forEach(file, SCORES, List.of(), row -> score(row, metric, column, reader));
    } else if (columns.containsAll(COSTS)) {
      CsvFile.forEach(file, List.of("workload", "variant"), List.of(), row -> costs(row, reader));
    } else {
      CsvFile.forEach(file, NEEDED, KNOWN, row -> reader.accept(of(row)));
    }
  }

  private static MeasuredValue of(CsvFile.Row row) {
    return new MeasuredValue(
        row.layer(),
        row.get("subblock").toLowerCase(Locale.ROOT),
        row.get("variant"),
        row.get("workload"),
        row.get("metric"),
        row.number("value"),
        row.get("unit"),
        row.place());
  }

  private static void score(
      CsvFile.Row row, String metric, String column, Consumer<MeasuredValue> reader) {
    if (!row.get(column).isEmpty()) {
      String block = row.get("attention") + "+" + row.get("ffn");
      double value = row.number(column);
      reader.accept(
          new MeasuredValue(row.layer(), "block", block, "", metric, value, "", row.place()));
    }
  }

  private static void costs(CsvFile.Row row, Consumer<MeasuredValue> reader) {
    String variant = row.get("variant");
    String subblock = variant.equals(FIXED) ? FIXED : subblock(row);
    for (String cost : COSTS) {
      reader.accept(
          new MeasuredValue(
              CsvFile.EVERY_LAYER,
              subblock,
              variant,
              row.get("workload"),
              cost,
              row.number(cost),
              "",
              row.place()));
    }
  }

  private static String subblock(CsvFile.Row row) {
    try {
      Variant variant = Variant.parse(row.get("variant"));
      return variant.subblock() == Subblock.ATTENTION ? "attention" : "ffn";
    } catch (IllegalArgumentException e) {
      throw new InvalidInputException(row.place() + ": " + e.getMessage(), e);
    }
  }
}
