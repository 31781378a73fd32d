package puzzle.engine.solve.files;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import puzzle.engine.json.Json;
import puzzle.model.InvalidInputException;

/** Opens table files of every known format. */
public final class TableFiles {

  private TableFiles() {}

  /** Reads a file in the instance format. */
  public static InstanceFile.Instance instance(Path file) {
    JsonNode root = Json.read(file);
    if (!InstanceFile.matches(root)) {
      throw new InvalidInputException(
          file + ": not an instance: scores, weights and budgets are needed.\nMaybe --library.");
    }
    return InstanceFile.parse(file.toString(), root);
  }

  /**
   * Reads a library: the paper's demonstration file, an instance, puzzletron's statistics, CSV, a
   * folder with {@code scores.csv} and {@code profile.csv}, or several files that together make
   * one.
   *
   * @param metric name of the score
   */
  public static LoadedTable library(List<Path> files, String metric) {
    List<Path> all = new ArrayList<>();
    for (Path file : files) {
      if (Files.isDirectory(file)) {
        all.add(file.resolve("profile.csv"));
        all.add(file.resolve("scores.csv"));
      } else {
        all.add(file);
      }
    }
    String source = all.get(0).toString();
    Measurements measurements = new Measurements(source, metric);
    Map<String, Double> fixed = new HashMap<>();
    for (Path file : all) {
      if (file.toString().endsWith(".csv")) {
        CsvFile.read(file, metric, measurements);
        continue;
      }
      JsonNode root = Json.read(file);
      if (SubblockStatsFile.matches(root)) {
        fixed.putAll(SubblockStatsFile.read(file.toString(), root, measurements));
      } else if (all.size() > 1) {
        throw new InvalidInputException(
            file + ": cannot be joined with other files.\nMaybe pass it alone.");
      } else if (InstanceFile.matches(root)) {
        InstanceFile.Instance instance = InstanceFile.parse(file.toString(), root);
        return new LoadedTable(
            file.toString(), instance.table(), instance.rows(), Map.of(), instance.optimum());
      } else if (BlockLibraryFile.matches(root)) {
        return BlockLibraryFile.parse(file.toString(), root, metric);
      } else {
        throw new InvalidInputException(
            file + ": no known format.\nMaybe a block_library.json, subblock_stats.json or CSV.");
      }
    }
    return measurements.build(fixed);
  }
}
