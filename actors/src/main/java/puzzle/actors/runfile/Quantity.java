package puzzle.actors.runfile;

import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import puzzle.model.Limit;

/**
 * A limit's value as people write it: {@code 40 MiB}, {@code 2.5 s}, {@code 900 tokens/s}, {@code
 * 1.5 x parent}.
 */
final class Quantity {

  private static final Pattern FORM =
      Pattern.compile("([0-9.]+(?:[eE][+-]?[0-9]+)?)\\s*([A-Za-z/]*(?:\\s+parent)?)");

  private static final Map<String, Double> BYTES =
      Map.of(
          "",
          1.0,
          "B",
          1.0,
          "kB",
          1e3,
          "MB",
          1e6,
          "GB",
          1e9,
          "KiB",
          1024.0,
          "MiB",
          1048576.0,
          "GiB",
          1073741824.0);
  private static final Map<String, Double> SECONDS = Map.of("", 1.0, "s", 1.0, "ms", 1e-3);
  private static final Map<String, Double> RATES = Map.of("", 1.0, "tokens/s", 1.0);
  private static final Map<String, Double> COUNTS = Map.of("", 1.0, "k", 1e3, "M", 1e6, "B", 1e9);

  private Quantity() {}

  static Limit read(Limit.Stat metric, YamlTree value) {
    Map<String, Double> units = units(metric);
    Matcher m = FORM.matcher(value.text().strip());
    String maybe =
        "write %s or a multiple as '0.8 x parent'"
            .formatted(
                units.keySet().stream()
                    .filter(u -> !u.isEmpty())
                    .sorted()
                    .map(u -> "'1 " + u + "'")
                    .toList());
    if (!m.matches()) {
      throw value.wrong("'" + value.text() + "' is no quantity", maybe);
    }
    double number;
    try {
      number = Double.parseDouble(m.group(1));
    } catch (NumberFormatException e) {
      throw value.wrong("'" + value.text() + "' is no quantity", maybe);
    }
    String unit = m.group(2).replaceAll("\\s+", " ");
    boolean times = unit.toLowerCase(Locale.ROOT).equals("x parent");
    Double scale = times ? Double.valueOf(1) : units.get(unit);
    if (scale == null) {
      throw value.wrong("'" + unit + "' is no unit of " + metric, maybe);
    }
    double scaled = number * scale;
    if (!(scaled > 0 && scaled < Double.POSITIVE_INFINITY)) {
      throw value.wrong("'" + value.text() + "' is not a positive finite limit", maybe);
    }
    return new Limit(metric, scaled, times);
  }

  /** Bytes of disk. */
  static long bytes(YamlTree value) {
    Limit limit = read(Limit.Stat.MEMORY, value);
    if (limit.timesParent()) {
      throw value.wrong("'" + value.text() + "' is no number of bytes", "write '20 GiB'");
    }
    return (long) limit.value();
  }

  /** Writes a limit so that {@link #read} gives it back. */
  static String write(Limit limit) {
    return limit.timesParent() ? limit.value() + " x parent" : Double.toString(limit.value());
  }

  private static Map<String, Double> units(Limit.Stat metric) {
    return switch (metric) {
      case MEMORY -> BYTES;
      case LATENCY, TIME_TO_FIRST_TOKEN -> SECONDS;
      case THROUGHPUT -> RATES;
      case PARAMETERS -> COUNTS;
    };
  }
}
