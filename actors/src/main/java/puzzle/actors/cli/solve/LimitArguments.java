package puzzle.actors.cli.solve;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import puzzle.engine.solve.Row;
import puzzle.engine.solve.SolverTable;
import puzzle.model.InvalidInputException;

/** Reads limits, sweeps, places and durations as they are written on the command line. */
final class LimitArguments {

  private static final Pattern LIMIT = Pattern.compile("([^<>=]+?)\\s*(<=|>=)\\s*([^<>=]+)");
  private static final Pattern QUANTITY =
      Pattern.compile("\\s*([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)\\s*([A-Za-zµ]*)\\s*");

  /** Unit to (dimension, size in the dimension's base). */
  private static final Map<String, Unit> UNITS =
      Map.ofEntries(
          Map.entry("b", new Unit("bytes", 1)),
          Map.entry("bytes", new Unit("bytes", 1)),
          Map.entry("kib", new Unit("bytes", 0x1p10)),
          Map.entry("mib", new Unit("bytes", 0x1p20)),
          Map.entry("gib", new Unit("bytes", 0x1p30)),
          Map.entry("tib", new Unit("bytes", 0x1p40)),
          Map.entry("kb", new Unit("bytes", 1e3)),
          Map.entry("mb", new Unit("bytes", 1e6)),
          Map.entry("gb", new Unit("bytes", 1e9)),
          Map.entry("us", new Unit("time", 1e-6)),
          Map.entry("ms", new Unit("time", 1e-3)),
          Map.entry("s", new Unit("time", 1)),
          Map.entry("seconds", new Unit("time", 1)));

  private record Unit(String dimension, double size) {}

  /** {@code NAME:FROM:TO:STEPS}, without what is fixed. */
  record Sweep(String stat, double from, double to, int steps) {}

  private LimitArguments() {}

  /**
   * The stats that limits and a sweep are on.
   *
   * @param sweep null for none
   */
  static Set<String> stats(List<String> limits, String sweep) {
    Set<String> stats = new HashSet<>();
    limits.forEach(limit -> stats.add(limit.split("[<>=]", 2)[0].strip()));
    if (sweep != null) {
      stats.add(sweep.split(":", 2)[0].strip());
    }
    return stats;
  }

  /**
   * @param fixed cost outside the choice, which a limit on the whole model includes
   */
  static Row row(String text, SolverTable table, Map<String, Double> fixed) {
    Matcher matcher = LIMIT.matcher(text.strip());
    if (!matcher.matches()) {
      throw new InvalidInputException(
          "--limit '%s': not a limit.\nMaybe NAME<=VALUE or NAME>=VALUE, in quotes."
              .formatted(text));
    }
    String stat = matcher.group(1).strip();
    table.statIndex(stat);
    double value = quantity("--limit " + stat, stat, matcher.group(3));
    double choice = value - fixed.getOrDefault(stat, 0.0);
    return matcher.group(2).equals("<=") ? Row.atMost(stat, choice) : Row.atLeast(stat, choice);
  }

  static Sweep sweep(String text, SolverTable table, Map<String, Double> fixed) {
    String[] parts = text.split(":");
    if (parts.length != 4) {
      throw new InvalidInputException(
          "--pareto '%s': not a sweep.\nMaybe NAME:FROM:TO:STEPS.".formatted(text));
    }
    String stat = parts[0].strip();
    table.statIndex(stat);
    double outside = fixed.getOrDefault(stat, 0.0);
    double from = quantity("--pareto " + stat, stat, parts[1]) - outside;
    double to = quantity("--pareto " + stat, stat, parts[2]) - outside;
    int steps = index("--pareto steps", parts[3]);
    if (steps < 1 || steps > 10_000) {
      throw new InvalidInputException(
          "--pareto steps: %d.\nMaybe a number from 1 to 10000.".formatted(steps));
    }
    return new Sweep(stat, from, to, steps);
  }

  /** {@code LAYER:ITEM}, the item by name or index. */
  static int[] place(String option, String text, SolverTable table) {
    int colon = text.indexOf(':');
    if (colon < 0) {
      throw new InvalidInputException(
          "%s '%s': not a place.\nMaybe LAYER:ITEM.".formatted(option, text));
    }
    int layer = index(option, text.substring(0, colon));
    if (layer < 0 || layer >= table.layers()) {
      throw new InvalidInputException(
          "%s layer %d: the table has %d layers.\nMaybe count from 0."
              .formatted(option, layer, table.layers()));
    }
    String name = text.substring(colon + 1).strip();
    int item = table.indexOf(layer, name);
    if (item < 0 && name.matches("\\d{1,9}")) {
      item = Integer.parseInt(name);
    }
    if (item < 0 || item >= table.items(layer)) {
      throw new InvalidInputException(
          "%s layer %d item '%s': no such item.\nMaybe one of %s."
              .formatted(option, layer, name, table.itemNames(layer)));
    }
    return new int[] {layer, item};
  }

  private static int index(String option, String text) {
    try {
      return Integer.parseInt(text.strip());
    } catch (NumberFormatException e) {
      throw new InvalidInputException(
          "%s: '%s' is not a whole number.\nMaybe check the order of the parts."
              .formatted(option, text),
          e);
    }
  }

  private static double quantity(String place, String stat, String text) {
    Matcher matcher = QUANTITY.matcher(text);
    double value = Double.NaN;
    if (matcher.matches()) {
      try {
        value = Double.parseDouble(matcher.group(1));
      } catch (NumberFormatException e) {
        // Said below.
      }
    }
    if (!Double.isFinite(value)) {
      throw new InvalidInputException(
          "%s: '%s' is not a finite number.\nMaybe a number, with or without a unit."
              .formatted(place, text));
    }
    String unit = matcher.group(2);
    if (unit.isEmpty()) {
      return value;
    }
    String base = stat.contains("@") ? stat.substring(0, stat.indexOf('@')) : stat;
    String own = base.substring(base.lastIndexOf('_') + 1).toLowerCase(Locale.ROOT);
    Unit from = UNITS.get(unit.toLowerCase(Locale.ROOT).replace("µ", "u"));
    Unit to = UNITS.get(own);
    if (from == null || to == null || !from.dimension.equals(to.dimension)) {
      throw new InvalidInputException(
          "%s: unit '%s' does not fit the stat.\nMaybe leave it out; values are in the unit of %s."
              .formatted(place, unit, stat));
    }
    return value * from.size / to.size;
  }

  /** {@code 500ms, 10s, 2m, 1h} or plain seconds. */
  static Duration duration(String text) {
    Matcher matcher = QUANTITY.matcher(text);
    if (matcher.matches() && matcher.group(1).matches("[0-9]*\\.?[0-9]+")) {
      double value = Double.parseDouble(matcher.group(1));
      double seconds =
          switch (matcher.group(2).toLowerCase(Locale.ROOT)) {
            case "ms" -> value * 1e-3;
            case "", "s" -> value;
            case "m", "min" -> value * 60;
            case "h" -> value * 3600;
            default -> Double.NaN;
          };
      if (seconds > 0 && seconds < 1e9) {
        return Duration.ofNanos((long) (seconds * 1e9));
      }
    }
    throw new InvalidInputException(
        "--time-limit '%s': not a time.\nMaybe 500ms, 10s or 2m.".formatted(text));
  }
}
