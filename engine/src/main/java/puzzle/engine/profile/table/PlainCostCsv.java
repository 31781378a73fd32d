package puzzle.engine.profile.table;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import puzzle.model.InvalidInputException;

/**
 * The project's own form of a cost table: {@code
 * layer,subblock,variant,workload,metric,value,unit,source}, one number a line. The source is the
 * rest of the line and may hold commas; the layer is a number or {@code *}.
 */
public final class PlainCostCsv {

  static final String HEADER = "layer,subblock,variant,workload,metric,value,unit,source";
  private static final int COLUMNS = 8;
  private static final long LARGEST_FILE = 256L << 20;

  private PlainCostCsv() {}

  /** Reads a table. Errors name file and line. */
  public static List<CostRow> read(Path file) {
    try {
      if (Files.size(file) > LARGEST_FILE) {
        throw new InvalidInputException(
            file + ": larger than " + LARGEST_FILE + " bytes.\nMaybe another file was meant.");
      }
      return read(Files.readString(file, StandardCharsets.UTF_8), file.getFileName().toString());
    } catch (IOException e) {
      throw new InvalidInputException(
          file + ": " + e.getMessage() + "\nMaybe the path is wrong or the file is not UTF-8.", e);
    }
  }

  static List<CostRow> read(String text, String name) throws IOException {
    BufferedReader in = new BufferedReader(new StringReader(text));
    String header = in.readLine();
    if (header == null || !header.strip().equals(HEADER)) {
      throw new InvalidInputException(
          "%s:1: the header is not '%s'.%nMaybe it is another kind of table."
              .formatted(name, HEADER));
    }
    List<CostRow> rows = new ArrayList<>();
    int number = 1;
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      number++;
      if (!line.isBlank()) {
        rows.add(row(line, name + ":" + number));
      }
    }
    return rows;
  }

  private static CostRow row(String line, String place) {
    String[] values = line.strip().split(",", COLUMNS);
    if (values.length != COLUMNS) {
      throw new InvalidInputException(
          "%s: %d values for %d columns.%nMaybe the unit or the source is missing."
              .formatted(place, values.length, COLUMNS));
    }
    CostStat metric = CostStat.parse(values[4], place);
    double value;
    try {
      value = Double.parseDouble(values[5]);
    } catch (NumberFormatException e) {
      throw new InvalidInputException(
          "%s: value '%s' is no number.%nMaybe a decimal comma.".formatted(place, values[5]), e);
    }
    if (values[7].isBlank()) {
      throw new InvalidInputException(
          place + ": no source.\nMaybe say who measured it and on what.");
    }
    return new CostRow(
        layer(values[0], place),
        CostRow.what(values[1], values[2], place),
        WorkloadName.parse(values[3], place),
        metric,
        metric.toOwnUnit(value, values[6], place),
        values[7]);
  }

  private static int layer(String text, String place) {
    if (text.equals("*")) {
      return CostRow.EVERY_LAYER;
    }
    if (!text.matches("\\d{1,5}")) {
      throw new InvalidInputException(
          "%s: layer '%s'.%nMaybe a number from 0, or *.".formatted(place, text));
    }
    return Integer.parseInt(text);
  }

  /** Writes what {@link #read} reads. */
  public static String write(List<CostRow> rows) {
    StringBuilder out = new StringBuilder(HEADER).append('\n');
    for (CostRow row : rows) {
      out.append(row.layer() == CostRow.EVERY_LAYER ? "*" : Integer.toString(row.layer()))
          .append(',')
          .append(row.subblock())
          .append(',')
          .append(row.what())
          .append(',')
          .append(WorkloadName.of(row.workload()))
          .append(',')
          .append(row.metric().text())
          .append(',')
          .append(row.value())
          .append(',')
          .append(row.metric().unitText())
          .append(',')
          .append(row.source().replaceAll("\\R", " "))
          .append('\n');
    }
    return out.toString();
  }
}
