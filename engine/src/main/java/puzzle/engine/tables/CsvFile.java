package puzzle.engine.tables;

import static puzzle.model.InvalidInputException.shown;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import puzzle.model.InvalidInputException;

/**
 * A CSV file with a header, read line by line. Cells are not quoted; the last column is the rest of
 * its line and may hold commas. A byte order mark is passed over, a column named twice is refused.
 */
public final class CsvFile {

  /** The layer written {@code *}. */
  public static final int EVERY_LAYER = -1;

  private static final int MAX_ROWS = 1_000_000;
  private static final Pattern NUMBER =
      Pattern.compile("[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]{1,4})?");

  /** One line. */
  public record Row(Path file, int line, List<String> columns, List<String> cells) {

    /** {@code costs.csv:2}. */
    public String place() {
      return file + ":" + line;
    }

    /** A cell without the spaces around it; empty if there is no such column. */
    public String get(String column) {
      int at = columns.indexOf(column);
      return at < 0 ? "" : cells.get(at).strip();
    }

    /** A decimal number. Java's {@code 0x1p3}, {@code 1d} and {@code NaN} are not numbers here. */
    public double number(String column) {
      boolean written = NUMBER.matcher(get(column)).matches();
      double value = written ? Double.parseDouble(get(column)) : Double.NaN;
      if (!Double.isFinite(value)) {
        throw bad(column, "is not a number", "a unit stands beside it, or a decimal comma");
      }
      return value;
    }

    /** A layer, or {@link #EVERY_LAYER} for {@code *} or nothing. */
    public int layer() {
      String text = get("layer");
      if (text.isEmpty() || text.equals("*")) {
        return EVERY_LAYER;
      }
      if (!text.matches("[0-9]{1,5}")) {
        throw bad("layer", "is not a layer", "a number from 0, or * for all");
      }
      return Integer.parseInt(text);
    }

    public InvalidInputException bad(String column, String what, String maybe) {
      return new InvalidInputException(
          "%s: %s '%s' %s.\nMaybe %s.".formatted(place(), column, shown(get(column)), what, maybe));
    }
  }

  private CsvFile() {}

  /** The columns of the header: to tell tables apart. */
  public static List<String> columns(Path file) {
    return read(file, in -> header(file, in.readLine(), List.of(), List.of()));
  }

  /**
   * Reads the rows, in order.
   *
   * @param needed columns that must be there
   * @param known all columns that may be there; empty for any
   * @throws InvalidInputException naming file and line
   */
  public static void forEach(
      Path file, List<String> needed, List<String> known, Consumer<Row> reader) {
    read(
        file,
        in -> {
          List<String> columns = header(file, in.readLine(), needed, known);
          int number = 1;
          for (String line = in.readLine(); line != null; line = in.readLine()) {
            if (++number > MAX_ROWS) {
              throw new InvalidInputException(
                  "%s:%d: more than %d rows.\nMaybe it is not the file meant."
                      .formatted(file, number, MAX_ROWS));
            }
            if (!line.isBlank()) {
              String[] cells = line.split(",", columns.size());
              if (cells.length < columns.size()) {
                throw new InvalidInputException(
                    "%s:%d: %d values for %d columns.\nMaybe the line was cut short."
                        .formatted(file, number, cells.length, columns.size()));
              }
              reader.accept(new Row(file, number, columns, List.of(cells)));
            }
          }
          return columns;
        });
  }

  private interface Reading<T> {
    T from(BufferedReader in) throws IOException;
  }

  private static <T> T read(Path file, Reading<T> reading) {
    try (BufferedReader in = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      return reading.from(in);
    } catch (NoSuchFileException e) {
      throw new InvalidInputException(file + ": no such file.\nMaybe check the path.", e);
    } catch (CharacterCodingException e) {
      throw new InvalidInputException(file + ": not UTF-8 text.\nMaybe it is compressed.", e);
    } catch (IOException e) {
      throw new InvalidInputException(
          file + ": cannot be read: " + shown(e.getMessage()) + ".\nMaybe check its permissions.",
          e);
    }
  }

  private static List<String> header(
      Path file, String line, List<String> needed, List<String> known) {
    if (line == null) {
      throw new InvalidInputException(file + ": empty.\nMaybe the file was cut short.");
    }
    String header = line.startsWith("\ufeff") ? line.substring(1) : line;
    List<String> columns = Arrays.stream(header.split(",", -1)).map(String::strip).toList();
    for (String column : needed) {
      if (!columns.contains(column)) {
        throw new InvalidInputException(
            "%s:1: no column '%s' in the header %s.\nMaybe it is another kind of table."
                .formatted(file, column, shown(header)));
      }
    }
    for (String column : columns) {
      if (!known.isEmpty() && !known.contains(column)) {
        throw new InvalidInputException(
            "%s:1: column '%s' is not known.\nMaybe one of %s."
                .formatted(file, shown(column), known));
      }
    }
    if (new HashSet<>(columns).size() < columns.size()) {
      throw new InvalidInputException(
          "%s:1: a column is named twice in the header %s.\nMaybe remove one of the two."
              .formatted(file, shown(header)));
    }
    return columns;
  }
}
