package puzzle.engine.profile.hopper;

import blue.strategic.parquet.Hydrator;
import blue.strategic.parquet.ParquetReader;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.parquet.schema.Type;
import puzzle.model.InvalidInputException;

/** A flat Parquet file as the lines of a CSV, so that both are read by the same rules. */
final class ParquetRows {

  private static final long LARGEST_FILE = 256L << 20;

  private ParquetRows() {}

  static BufferedReader asCsv(Path file) throws IOException {
    if (Files.size(file) > LARGEST_FILE) {
      throw new InvalidInputException(
          file + ": larger than " + LARGEST_FILE + " bytes.\nMaybe another file was meant.");
    }
    try {
      List<String> columns =
          ParquetReader.readMetadata(file.toFile())
              .getFileMetaData()
              .getSchema()
              .getFields()
              .stream()
              .map(Type::getName)
              .toList();
      Hydrator<Map<String, String>, String, String> line =
          new Hydrator<>() {
            @Override
            public Map<String, String> start() {
              return new LinkedHashMap<>();
            }

            @Override
            public Map<String, String> add(Map<String, String> row, String column, Object value) {
              row.put(column, String.valueOf(value).replace(',', ' '));
              return row;
            }

            @Override
            public String finish(Map<String, String> row) {
              return columns.stream()
                  .map(c -> row.getOrDefault(c, ""))
                  .collect(Collectors.joining(","));
            }
          };
      try (Stream<String> rows =
          ParquetReader.streamContent(file.toFile(), line, path -> String.join(".", path))) {
        String text =
            String.join(",", columns) + "\n" + rows.collect(Collectors.joining("\n", "", "\n"));
        return new BufferedReader(new StringReader(text));
      }
    } catch (RuntimeException e) {
      // What the library throws at a damaged file is of many kinds.
      throw new InvalidInputException(
          "%s: cannot be read as Parquet: %s.%nMaybe it is cut off, nested or compressed with gzip."
              .formatted(file, String.valueOf(e.getMessage()).lines().findFirst().orElse("")),
          e);
    }
  }
}
