package puzzle.actors.runfile;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import puzzle.model.Limit;

/**
 * Limits and sizes as people write them: {@code 40 MiB}, {@code 2.5 s}, {@code 900 tokens/s},
 * {@code 1.5 x parent}.
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
          "TB",
          1e12,
          "KiB",
          1024.0,
          "MiB",
          1048576.0,
          "GiB",
          1073741824.0,
          "TiB",
          1099511627776.0);
  private static final Map<String, Double> SECONDS = Map.of("", 1.0, "s", 1.0, "ms", 1e-3);
  private static final Map<String, Double> RATES = Map.of("", 1.0, "tokens/s", 1.0);
  private static final Map<String, Double> COUNTS = Map.of("", 1.0, "k", 1e3, "M", 1e6, "B", 1e9);

  private Quantity() {}

  /** A limit of a stat: {@code 40 MiB}, {@code 0.7 x parent}. */
  static Value<Limit> limit(Limit.Stat stat) {
    return Values.of(
        forms(stat) + ", or `0.8 x parent`",
        Quantity::describe,
        text -> read(stat, text),
        limit ->
            limit.timesParent()
                ? Values.decimal(limit.value()) + " x parent"
                : Values.decimal(limit.value()));
  }

  /** Bytes of disk: {@code 20 GiB}. */
  static Value<Long> bytes() {
    return Values.of(
        forms(Limit.Stat.MEMORY),
        Quantity::describe,
        text -> {
          Limit limit = read(Limit.Stat.MEMORY, text);
          if (limit.timesParent()) {
            throw text.wrong(text.quoted() + " is not a number of bytes", "write '20 GiB'");
          }
          return (long) limit.value();
        },
        bytes -> bytes + " B");
  }

  private static void describe(ObjectNode schema) {
    ArrayNode forms = schema.putArray("anyOf");
    forms.addObject().put("type", "number").put("exclusiveMinimum", 0);
    forms.addObject().put("type", "string").put("pattern", "^" + FORM.pattern() + "$");
  }

  private static String forms(Limit.Stat stat) {
    return units(stat).entrySet().stream()
        .filter(unit -> !unit.getKey().isEmpty())
        .sorted(Map.Entry.comparingByValue())
        .map(unit -> "`" + unit.getKey() + "`")
        .collect(Collectors.joining(", ", "number, also with ", ""));
  }

  private static Limit read(Limit.Stat stat, YamlTree value) {
    Matcher m = FORM.matcher(value.text().strip());
    String maybe = "write a " + limit(stat).form().replace('`', '\'');
    if (!m.matches()) {
      throw value.wrong(value.quoted() + " is not a quantity", maybe);
    }
    double number;
    try {
      number = Double.parseDouble(m.group(1));
    } catch (NumberFormatException e) {
      throw value.wrong(value.quoted() + " is not a quantity", maybe);
    }
    String unit = m.group(2).replaceAll("\\s+", " ");
    boolean times = unit.toLowerCase(Locale.ROOT).equals("x parent");
    Double scale = times ? Double.valueOf(1) : units(stat).get(unit);
    if (scale == null) {
      throw value.wrong("'" + unit + "' is not a unit of " + Values.spelt(stat), maybe);
    }
    double scaled = number * scale;
    if (!(scaled > 0 && scaled < Double.POSITIVE_INFINITY)) {
      throw value.wrong(value.quoted() + " is not a positive finite limit", maybe);
    }
    return new Limit(stat, scaled, times);
  }

  private static Map<String, Double> units(Limit.Stat stat) {
    return switch (stat) {
      case MEMORY -> BYTES;
      case LATENCY, TIME_TO_FIRST_TOKEN -> SECONDS;
      case THROUGHPUT -> RATES;
      case PARAMETERS -> COUNTS;
    };
  }
}
