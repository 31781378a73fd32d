package puzzle.engine.tables;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import puzzle.engine.json.JsonValue;
import puzzle.engine.solve.SolverTable;
import puzzle.model.InvalidInputException;
import puzzle.model.Subblock;

/** Opens table files of every known format. */
public final class TableFiles {

  private TableFiles() {}

  /** Reads a file in the instance format. */
  public static LoadedTable instance(Path file) {
    JsonValue root = JsonValue.readTable(file);
    if (!InstanceFile.matches(root)) {
      throw new InvalidInputException(
          file + ": not an instance: scores, weights and budgets are needed.\nMaybe --library.");
    }
    return InstanceFile.parse(root);
  }

  /**
   * Reads a library: the paper's demonstration file, an instance, puzzletron's statistics, CSV, a
   * folder with {@code scores.csv} and {@code profile.csv}, or several files that together make
   * one.
   *
   * @param metric name of the score
   * @param limited stats that limits will be on: a block that lacks one is left out
   */
  public static LoadedTable library(List<Path> files, String metric, Set<String> limited) {
    List<Path> csv = new ArrayList<>();
    List<Path> json = new ArrayList<>();
    for (Path file : files) {
      if (Files.isDirectory(file)) {
        csv.add(file.resolve("profile.csv"));
        csv.add(file.resolve("scores.csv"));
      } else {
        (file.toString().endsWith(".csv") ? csv : json).add(file);
      }
    }
    Measurements measurements = new Measurements(files.get(0).toString(), metric);
    for (Path file : json) {
      JsonValue root = JsonValue.readTable(file);
      if (SubblockStats.matches(root)) {
        add(SubblockStats.read(root), measurements);
      } else if (csv.size() + json.size() > 1) {
        throw new InvalidInputException(
            file + ": cannot be joined with other files.\nMaybe pass it alone.");
      } else if (InstanceFile.matches(root)) {
        return InstanceFile.parse(root);
      } else if (BlockLibrary.matches(root)) {
        return library(root, metric);
      } else {
        throw new InvalidInputException(
            file + ": no known format.\nMaybe a block_library.json, subblock_stats.json or CSV.");
      }
    }
    measurements.addCsv(csv);
    return measurements.build(limited);
  }

  /** Every block needs the stats of the first. */
  private static LoadedTable library(JsonValue root, String metric) {
    List<BlockLibrary.Entry> entries = BlockLibrary.read(root);
    List<String> stats = List.copyOf(entries.get(0).stats().keySet());
    Set<String> metrics = new LinkedHashSet<>();
    SolverTable.Builder table = SolverTable.builder(stats);
    int next = 0;
    for (int layer = 0; next < entries.size(); layer++) {
      List<String> names = new ArrayList<>();
      List<double[]> costs = new ArrayList<>();
      List<Double> scores = new ArrayList<>();
      for (; next < entries.size() && entries.get(next).layer() == layer; next++) {
        BlockLibrary.Entry entry = entries.get(next);
        if (!entry.stats().keySet().equals(Set.copyOf(stats))) {
          throw entry.at().bad("stats", "does not have the stats of the first block, " + stats);
        }
        names.add(entry.name());
        costs.add(stats.stream().mapToDouble(entry.stats()::get).toArray());
        scores.add(entry.metrics().getOrDefault(metric, Double.NaN));
        metrics.addAll(entry.metrics().keySet());
      }
      table.layer(
          names,
          scores.stream().mapToDouble(Double::doubleValue).toArray(),
          costs.toArray(new double[0][]));
    }
    if (!metrics.contains(metric)) {
      throw new InvalidInputException(
          "%s: no block has a metric '%s'.\nMaybe one of %s."
              .formatted(root.place(), metric, metrics));
    }
    return new LoadedTable(root.place(), table.build(), List.of(), Map.of(), Double.NaN, List.of());
  }

  private static void add(SubblockStats stats, Measurements into) {
    stats.skipped().forEach(into::skip);
    for (SubblockStats.Entry entry : stats.entries()) {
      String suffix = stats.entries().size() == 1 ? "" : "@" + workload(entry.args());
      String outside = entry.outside().at().place();
      entry.outside().values().forEach((stat, value) -> into.fix(stat + suffix, value, outside));
      for (SubblockStats.Row row : entry.rows()) {
        String place = row.at().place();
        String subblock = row.variant().subblock() == Subblock.FFN ? "ffn" : "attention";
        row.values()
            .forEach(
                (stat, value) ->
                    into.add(
                        row.layer(), subblock, row.variant().name(), stat + suffix, value, place));
      }
    }
  }

  private static String workload(JsonValue args) {
    return "b%d-p%d-g%d"
        .formatted(
            args.integer("batch_size", 1, Integer.MAX_VALUE),
            args.integer("prefill_seq_len", 1, Integer.MAX_VALUE),
            args.integer("generation_seq_len", 1, Integer.MAX_VALUE));
  }
}
