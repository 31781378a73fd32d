package puzzle.engine.profile.table;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import puzzle.engine.tables.CsvFile;

/**
 * The project's own form of a cost table: {@code
 * layer,subblock,variant,workload,metric,value,unit,source}, one number a line. The source is the
 * rest of the line and may hold commas; the layer is a number or {@code *}.
 */
public final class PlainCostCsv {

  static final String HEADER = "layer,subblock,variant,workload,metric,value,unit,source";
  private static final List<String> COLUMNS = List.of(HEADER.split(","));

  private PlainCostCsv() {}

  /** Reads a table. Errors name file and line. */
  public static List<CostRow> read(Path file) {
    List<CostRow> rows = new ArrayList<>();
    CsvFile.forEach(file, COLUMNS, COLUMNS, row -> rows.add(row(row)));
    return rows;
  }

  private static CostRow row(CsvFile.Row row) {
    CostStat metric = CostStat.parse(row.get("metric"), row.place());
    double value = row.number("value");
    if (row.get("source").isEmpty()) {
      throw row.bad("source", "is empty", "say who measured it and on what");
    }
    return new CostRow(
        row.layer(),
        CostRow.what(row.get("subblock"), row.get("variant"), row.place()),
        WorkloadName.parse(row.get("workload"), row.place()),
        metric,
        metric.toOwnUnit(value, row.get("unit"), row.place()),
        row.get("source"));
  }

  /** Writes what {@link #read} reads. */
  public static String write(List<CostRow> rows) {
    StringBuilder out = new StringBuilder(HEADER).append('\n');
    for (CostRow row : rows) {
      String cells =
          String.join(
              ",",
              row.layer() == CostRow.EVERY_LAYER ? "*" : Integer.toString(row.layer()),
              row.subblock(),
              row.what(),
              WorkloadName.of(row.workload()),
              row.metric().text(),
              Double.toString(row.value()),
              row.metric().unitText(),
              row.source().replaceAll("\\R", " "));
      out.append(cells).append('\n');
    }
    return out.toString();
  }
}
