package puzzle.engine.solve.files;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import puzzle.model.InvalidInputException;

/**
 * Plain CSV of measurements: {@code layer,subblock,variant,workload,metric,value,unit,source}. The
 * layer {@code *} stands for every layer. A metric keeps one unit throughout; where a file holds
 * several workloads, stats are named {@code metric@workload}.
 */
final class CsvFile {

  private static final int MAX_ROWS = 1_000_000;
  private static final List<String> NEEDED =
      List.of("layer", "subblock", "variant", "metric", "value");
  private static final List<String> KNOWN =
      List.of("layer", "subblock", "variant", "workload", "metric", "value", "unit", "source");

  private CsvFile() {}

  static void read(Path file, String metric, Measurements into) {
    String workload = onlyWorkload(file);
    Map<String, String> units = new HashMap<>();
    forEach(
        file,
        (place, row) -> {
          String name = row.get("metric");
          String unit = row.getOrDefault("unit", "");
          String before = units.putIfAbsent(name, unit);
          if (before != null && !before.equals(unit)) {
            throw new InvalidInputException(
                "%s: %s in '%s', before in '%s'.\nMaybe convert one of them."
                    .formatted(place, name, unit, before));
          }
          String own = row.getOrDefault("workload", "");
          boolean score = name.equals(metric);
          String stat = score || own.isEmpty() || workload != null ? name : name + "@" + own;
          into.add(
              layer(row.get("layer"), place),
              row.get("subblock").toLowerCase(Locale.ROOT),
              row.get("variant"),
              stat,
              number(row.get("value"), place),
              place);
        });
  }

  /** The file's workload where all costs are of one, else null. */
  private static String onlyWorkload(Path file) {
    String[] seen = {null};
    boolean[] several = {false};
    forEach(
        file,
        (place, row) -> {
          String own = row.getOrDefault("workload", "");
          if (!own.isEmpty()) {
            several[0] |= seen[0] != null && !seen[0].equals(own);
            seen[0] = own;
          }
        });
    return several[0] ? null : "";
  }

  private static int layer(String text, String place) {
    if (text.equals("*") || text.isEmpty()) {
      return Measurements.ALL_LAYERS;
    }
    try {
      int layer = Integer.parseInt(text);
      if (layer >= 0 && layer < 100_000) {
        return layer;
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw new InvalidInputException(
        "%s: layer is '%s'.\nMaybe a number from 0 up, or * for all.".formatted(place, text));
  }

  private static double number(String text, String place) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw new InvalidInputException(
          "%s: value is '%s'.\nMaybe write a number without its unit.".formatted(place, text), e);
    }
  }

  private interface RowReader {
    void row(String place, Map<String, String> row);
  }

  private static void forEach(Path file, RowReader reader) {
    try (BufferedReader in = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      String header = in.readLine();
      if (header == null) {
        throw new InvalidInputException(file + ": empty.\nMaybe the file was cut short.");
      }
      String[] columns = header.strip().split(",", -1);
      List<String> names = Arrays.stream(columns).map(String::strip).toList();
      if (!names.containsAll(NEEDED) || !KNOWN.containsAll(names)) {
        throw new InvalidInputException(
            "%s line 1: columns %s.\nMaybe %s.".formatted(file, names, KNOWN));
      }
      Map<String, String> row = new HashMap<>();
      int number = 1;
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        number++;
        if (line.isBlank()) {
          continue;
        }
        String place = file + " line " + number;
        if (number > MAX_ROWS) {
          throw new InvalidInputException(
              "%s: more than %d rows.\nMaybe this is not a block library."
                  .formatted(place, MAX_ROWS));
        }
        String[] cells = line.split(",", -1);
        if (cells.length != columns.length) {
          throw new InvalidInputException(
              "%s: %d cells under %d columns.\nMaybe a comma inside a cell, or the file was cut"
                      .formatted(place, cells.length, columns.length)
                  + " short.");
        }
        for (int i = 0; i < cells.length; i++) {
          row.put(names.get(i), cells[i].strip());
        }
        reader.row(place, row);
      }
    } catch (NoSuchFileException e) {
      throw new InvalidInputException(file + ": no such file.\nMaybe check the path.", e);
    } catch (MalformedInputException e) {
      throw new InvalidInputException(file + ": not UTF-8 text.\nMaybe it is compressed.", e);
    } catch (IOException e) {
      throw new InvalidInputException(
          file + ": cannot be read (" + e.getMessage() + ").\nMaybe check the permissions.", e);
    }
  }
}
