package puzzle.engine.tables;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import puzzle.engine.solve.SolverTable;
import puzzle.model.InvalidInputException;

/**
 * Scores and costs as they come from files of measurements, layer by layer, of halves or of whole
 * blocks; put together into a table. Costs of halves add. A block without a score of its own gets
 * the sum of its halves' scores, the paper's proxy.
 */
final class Measurements {

  private final String source;
  private final String metric;
  private final Set<String> stats = new LinkedHashSet<>();
  private final Map<Integer, Map<String, Map<String, Double>>> halves = new TreeMap<>();
  private final Map<Integer, Map<String, Map<String, Double>>> blocks = new TreeMap<>();
  private final Map<String, Double> fixed = new LinkedHashMap<>();
  private final List<String> skipped = new ArrayList<>();
  private long items;

  Measurements(String source, String metric) {
    this.source = source;
    this.metric = metric;
  }

  /** Notes what was left out, with place and reason; then a block may lack a cost. */
  void skip(String what) {
    skipped.add(what);
  }

  /** Notes what everything outside the choice costs. */
  void fix(String stat, double value, String place) {
    checkCost(stat, value, place);
    checkSame(fixed.put(stat, value), stat, value, place);
  }

  /**
   * Adds CSV files. A metric has one unit in all of them; if they hold several workloads, stats are
   * named {@code metric@workload}.
   */
  void addCsv(List<Path> files) {
    Set<String> workloads = new HashSet<>();
    Map<String, String> units = new HashMap<>();
    for (Path file : files) {
      MeasuredValue.forEach(
          file,
          metric,
          value -> {
            if (!value.workload().isEmpty()) {
              workloads.add(value.workload());
            }
            String before = units.putIfAbsent(value.name(), value.unit());
            if (before != null && !before.equals(value.unit())) {
              throw new InvalidInputException(
                  "%s: %s in '%s', before in '%s'.\nMaybe convert one of them."
                      .formatted(value.place(), value.name(), value.unit(), before));
            }
          });
    }
    for (Path file : files) {
      MeasuredValue.forEach(file, metric, value -> add(value, workloads.size() > 1));
    }
  }

  private void add(MeasuredValue value, boolean several) {
    boolean told = several && !value.name().equals(metric) && !value.workload().isEmpty();
    String stat = told ? value.name() + "@" + value.workload() : value.name();
    if (value.subblock().equals(MeasuredValue.FIXED)) {
      fix(stat, value.value(), value.place());
    } else {
      add(value.layer(), value.subblock(), value.variant(), stat, value.value(), value.place());
    }
  }

  /**
   * Adds one value.
   *
   * @param subblock {@code attention}, {@code ffn} or {@code block}
   * @param place named in messages
   */
  void add(int layer, String subblock, String variant, String name, double value, String place) {
    if (!subblock.equals("attention") && !subblock.equals("ffn") && !subblock.equals("block")) {
      throw new InvalidInputException(
          "%s: subblock is '%s'.\nMaybe attention, ffn or block.".formatted(place, subblock));
    }
    if (!name.equals(metric)) {
      checkCost(name, value, place);
      stats.add(name);
    }
    boolean whole = subblock.equals("block");
    String key = whole ? variant : subblock + ":" + variant;
    Map<String, Double> values =
        (whole ? blocks : halves)
            .computeIfAbsent(layer, l -> new LinkedHashMap<>())
            .computeIfAbsent(
                key,
                v -> {
                  if (++items > SolverTable.MAX_ITEMS) {
                    throw new InvalidInputException(
                        "%s: more than %d items.\nMaybe this is not a block library."
                            .formatted(place, SolverTable.MAX_ITEMS));
                  }
                  return new LinkedHashMap<>();
                });
    checkSame(values.put(name, value), name, value, place);
  }

  private static void checkCost(String name, double value, String place) {
    if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) {
      throw new InvalidInputException(
          "%s: %s is %s.\nMaybe a failed measurement; a cost is finite and not negative."
              .formatted(place, name, value));
    }
  }

  private static void checkSame(Double before, String name, double value, String place) {
    if (before != null && before != value) {
      throw new InvalidInputException(
          "%s: %s is %s here and %s before.\nMaybe two measurements of one thing; keep one."
              .formatted(place, name, value, before));
    }
  }

  /**
   * The table. Where rows were left out, a block may lack a stat: if a limit is on it, the block is
   * left out too; if not, nobody asked for the stat, and it is the stat that is left out.
   *
   * @param limited stats that limits will be on
   */
  LoadedTable build(Set<String> limited) {
    int last = -1;
    for (Map<Integer, ?> byLayer : List.of(halves, blocks)) {
      for (int layer : byLayer.keySet()) {
        last = Math.max(last, layer);
      }
    }
    if (last < 0) {
      throw new InvalidInputException(
          source + ": no row names a layer.\nMaybe add the scores; they say how many there are.");
    }
    List<Map<String, Map<String, Double>>> layers = new ArrayList<>();
    Set<String> lacking = new LinkedHashSet<>();
    boolean whole = skipped.isEmpty();
    for (int g = 0; g <= last; g++) {
      Map<String, Map<String, Double>> items = items(g);
      for (String name : List.copyOf(items.keySet())) {
        Set<String> lacks = new LinkedHashSet<>(stats);
        lacks.removeAll(items.get(name).keySet());
        String said = "layer %d %s has no %s".formatted(g, name, String.join(", ", lacks));
        if (lacks.isEmpty()) {
          continue;
        } else if (whole) {
          throw new InvalidInputException(
              "%s: %s.\nMaybe the profile is of another search space.".formatted(source, said));
        } else if (lacks.size() == stats.size() || !Collections.disjoint(lacks, limited)) {
          skip(said);
          items.remove(name);
        } else {
          lacking.addAll(lacks);
        }
      }
      layers.add(items);
    }
    lacking.forEach(stat -> skip(stat + ": not every block has it, and no limit is on it"));
    List<String> names = stats.stream().filter(stat -> !lacking.contains(stat)).toList();
    SolverTable.Builder table = SolverTable.builder(names);
    boolean any = false;
    for (Map<String, Map<String, Double>> items : layers) {
      double[] scores =
          items.values().stream().mapToDouble(i -> i.getOrDefault(metric, Double.NaN)).toArray();
      double[][] costs =
          items.values().stream()
              .map(i -> names.stream().mapToDouble(i::get).toArray())
              .toArray(double[][]::new);
      any |= Arrays.stream(scores).anyMatch(score -> !Double.isNaN(score));
      table.layer(List.copyOf(items.keySet()), scores, costs);
    }
    if (!any) {
      throw new InvalidInputException(
          "%s: nothing has a metric '%s'.\nMaybe pass the scores too, or name another objective."
              .formatted(source, metric));
    }
    return new LoadedTable(source, table.build(), List.of(), fixed, Double.NaN, skipped);
  }

  /** A layer's blocks: all pairs of its halves, and those that are given whole. */
  private Map<String, Map<String, Double>> items(int layer) {
    Map<String, Map<String, Double>> own = layer(halves, layer);
    Map<String, Map<String, Double>> items = new LinkedHashMap<>();
    for (String a : own.keySet()) {
      for (String f : own.keySet()) {
        if (a.startsWith("attention:") && f.startsWith("ffn:")) {
          String name = a.substring(10) + "+" + f.substring(4);
          items.put(name, sum(own.get(a), own.get(f)));
        }
      }
    }
    layer(blocks, layer)
        .forEach(
            (name, values) ->
                items.computeIfAbsent(name, n -> new LinkedHashMap<>()).putAll(values));
    return items;
  }

  /** A layer's values over those given for all layers. */
  private static Map<String, Map<String, Double>> layer(
      Map<Integer, Map<String, Map<String, Double>>> all, int g) {
    Map<String, Map<String, Double>> merged = new LinkedHashMap<>();
    for (int from : new int[] {CsvFile.EVERY_LAYER, g}) {
      all.getOrDefault(from, Map.of())
          .forEach(
              (name, values) ->
                  merged.computeIfAbsent(name, n -> new LinkedHashMap<>()).putAll(values));
    }
    return merged;
  }

  private Map<String, Double> sum(Map<String, Double> a, Map<String, Double> f) {
    Map<String, Double> sum = new LinkedHashMap<>();
    a.forEach(
        (name, value) -> {
          Double other = f.get(name);
          if (other != null) {
            sum.put(name, value + other);
          }
        });
    return sum;
  }
}
