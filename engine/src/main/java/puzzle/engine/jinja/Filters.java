package puzzle.engine.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/** Filters: {@code value | name(arguments)}. */
final class Filters {

  private static final Set<String> NAMES =
      Set.of(
          "trim",
          "length",
          "count",
          "tojson",
          "default",
          "d",
          "upper",
          "lower",
          "capitalize",
          "title",
          "replace",
          "join",
          "first",
          "last",
          "list",
          "string",
          "int",
          "float",
          "abs",
          "items",
          "dictsort",
          "selectattr",
          "rejectattr",
          "select",
          "reject",
          "map",
          "sort",
          "reverse",
          "unique",
          "safe",
          "indent",
          "max",
          "min",
          "sum");

  private Filters() {}

  static void require(int line, String name) {
    if (!NAMES.contains(name)) {
      throw TemplateException.at(line, "the filter " + name + " is not supported");
    }
  }

  static Object apply(
      int line, String name, Object value, List<Object> arguments, Map<String, Object> named) {
    try {
      return switch (name) {
        case "tojson" ->
            Python.json(
                value,
                given(arguments, named, 0, "indent") instanceof Long n ? n.intValue() : -1,
                0);
        case "default", "d" -> {
          boolean falseToo = Python.truth(given(arguments, named, 1, "boolean"));
          boolean absent = value instanceof Undefined || falseToo && !Python.truth(value);
          Object other = given(arguments, named, 0, "default_value");
          yield !absent ? value : arguments.isEmpty() && named.isEmpty() ? "" : other;
        }
        case "length", "count" -> length(line, value);
        case "string", "safe" -> Python.text(value);
        case "int" -> integer(value);
        case "float" -> Double.parseDouble(Python.text(value));
        case "abs" ->
            value instanceof Long whole ? (Object) Math.abs(whole) : Math.abs((Double) value);
        case "items" -> value instanceof Map<?, ?> map ? Python.pairs(map) : List.of();
        case "trim", "upper", "lower", "capitalize", "title", "replace", "indent" ->
            text(name, Python.text(value), arguments, named);
        default -> list(line, name, value, arguments, named);
      };
    } catch (IndexOutOfBoundsException | ClassCastException | NumberFormatException e) {
      throw TemplateException.at(line, name + ": not the value or arguments that it takes");
    }
  }

  private static Object given(
      List<Object> arguments, Map<String, Object> named, int index, String name) {
    return index < arguments.size() ? arguments.get(index) : named.get(name);
  }

  private static Object length(int line, Object value) {
    return value instanceof String text
        ? (long) text.codePointCount(0, text.length())
        : (long) Python.iterated(line, value).size();
  }

  private static Object integer(Object value) {
    if (value instanceof Number number) {
      return number.longValue();
    }
    String text = Python.text(value).strip();
    return text.matches("[+-]?[0-9]{1,18}") ? Long.parseLong(text) : 0L;
  }

  private static Object text(
      String name, String text, List<Object> arguments, Map<String, Object> named) {
    return switch (name) {
      case "trim" ->
          Methods.stripped(text, (String) given(arguments, named, 0, "chars"), true, true);
      case "upper" -> text.toUpperCase(Locale.ROOT);
      case "lower" -> text.toLowerCase(Locale.ROOT);
      case "capitalize" -> Methods.capitalized(text);
      case "title" -> Methods.title(text);
      case "replace" ->
          Methods.replaced(text, (String) arguments.get(0), (String) arguments.get(1), -1);
      default -> {
        Object width = given(arguments, named, 0, "width");
        String blanks =
            width instanceof String s ? s : " ".repeat(width instanceof Long n ? n.intValue() : 4);
        boolean first = Python.truth(given(arguments, named, 1, "first"));
        boolean blank = Python.truth(given(arguments, named, 2, "blank"));
        StringBuilder indented = new StringBuilder();
        String[] lines = text.split("\n", -1);
        for (int i = 0; i < lines.length; i++) {
          boolean in = i == 0 ? first : blank || !lines[i].isEmpty();
          indented.append(i == 0 ? "" : "\n").append(in ? blanks : "").append(lines[i]);
        }
        yield indented.toString();
      }
    };
  }

  private static Object list(
      int line, String name, Object value, List<Object> arguments, Map<String, Object> named) {
    List<Object> items = Python.iterated(line, value);
    return switch (name) {
      case "first" -> items.isEmpty() ? new Undefined("first") : items.get(0);
      case "last" -> items.isEmpty() ? new Undefined("last") : items.get(items.size() - 1);
      case "list" -> items;
      case "join" -> {
        Object by = given(arguments, named, 0, "d");
        Object attribute = given(arguments, named, 1, "attribute");
        yield String.join(
            by == null ? "" : Python.text(by),
            items.stream().map(i -> Python.text(field(line, i, attribute))).toList());
      }
      case "reverse" -> {
        List<Object> reversed = new ArrayList<>();
        items.forEach(item -> reversed.add(0, item));
        yield value instanceof String
            ? String.join("", reversed.stream().map(Python::text).toList())
            : reversed;
      }
      case "unique" -> {
        Map<Object, Object> seen = new LinkedHashMap<>();
        items.forEach(item -> seen.putIfAbsent(item, item));
        yield new ArrayList<>(seen.values());
      }
      case "map" -> mapped(line, items, arguments, named);
      case "selectattr", "rejectattr" -> {
        Predicate<Object> test = test(line, arguments, 1);
        Object attribute = arguments.get(0);
        boolean wanted = name.startsWith("s");
        yield new ArrayList<>(
            items.stream()
                .filter(item -> test.test(field(line, item, attribute)) == wanted)
                .toList());
      }
      case "select", "reject" -> {
        Predicate<Object> test = test(line, arguments, 0);
        boolean wanted = name.startsWith("s");
        yield new ArrayList<>(items.stream().filter(item -> test.test(item) == wanted).toList());
      }
      case "sum" -> {
        double sum = items.stream().mapToDouble(i -> ((Number) i).doubleValue()).sum();
        yield items.stream().allMatch(Long.class::isInstance) ? (Object) (long) sum : sum;
      }
      case "max" -> items.stream().max(Python::order).orElse(new Undefined("max"));
      case "min" -> items.stream().min(Python::order).orElse(new Undefined("min"));
      default -> sorted(line, name, value, items, arguments, named);
    };
  }

  private static Object sorted(
      int line,
      String name,
      Object value,
      List<Object> items,
      List<Object> arguments,
      Map<String, Object> named) {
    List<Object> sorted =
        new ArrayList<>(name.equals("dictsort") ? Python.pairs((Map<?, ?>) value) : items);
    Object attribute = name.equals("dictsort") ? 0L : given(arguments, named, 2, "attribute");
    boolean cased = Python.truth(named.get("case_sensitive"));
    sorted.sort(
        (a, b) -> Python.order(key(line, a, attribute, cased), key(line, b, attribute, cased)));
    if (Python.truth(
        name.equals("sort") ? given(arguments, named, 0, "reverse") : named.get("reverse"))) {
      List<Object> reversed = new ArrayList<>();
      sorted.forEach(item -> reversed.add(0, item));
      return reversed;
    }
    return sorted;
  }

  private static Object key(int line, Object item, Object attribute, boolean cased) {
    Object key = field(line, item, attribute);
    return key instanceof String text && !cased ? text.toLowerCase(Locale.ROOT) : key;
  }

  private static Object field(int line, Object item, Object attribute) {
    if (attribute == null) {
      return item;
    }
    Object value = item;
    for (String name : Python.text(attribute).split("\\.")) {
      value = Python.item(line, value, name.matches("[0-9]+") ? (Object) Long.valueOf(name) : name);
    }
    return value;
  }

  private static Predicate<Object> test(int line, List<Object> arguments, int at) {
    if (arguments.size() <= at) {
      return Python::truth;
    }
    String name = (String) arguments.get(at);
    Conditions.require(line, name);
    Object argument = arguments.size() > at + 1 ? arguments.get(at + 1) : null;
    return value -> Conditions.holds(line, name, value, argument);
  }

  private static Object mapped(
      int line, List<Object> items, List<Object> arguments, Map<String, Object> named) {
    List<Object> mapped = new ArrayList<>();
    for (Object item : items) {
      if (named.containsKey("attribute")) {
        Object field = field(line, item, named.get("attribute"));
        mapped.add(
            field instanceof Undefined && named.containsKey("default")
                ? named.get("default")
                : field);
      } else {
        String filter = (String) arguments.get(0);
        require(line, filter);
        mapped.add(apply(line, filter, item, arguments.subList(1, arguments.size()), named));
      }
    }
    return mapped;
  }
}
