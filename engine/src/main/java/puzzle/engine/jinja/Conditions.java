package puzzle.engine.jinja;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Tests: {@code value is name argument}. */
final class Conditions {

  private static final Set<String> NAMES =
      Set.of(
          "defined",
          "undefined",
          "none",
          "string",
          "number",
          "integer",
          "float",
          "boolean",
          "mapping",
          "iterable",
          "sequence",
          "true",
          "false",
          "equalto",
          "eq",
          "ne",
          "in",
          "divisibleby",
          "odd",
          "even",
          "sameas",
          "gt",
          "ge",
          "lt",
          "le",
          "greaterthan",
          "lessthan",
          "callable",
          "lower",
          "upper");

  private Conditions() {}

  static void require(int line, String name) {
    if (!NAMES.contains(name)) {
      throw TemplateException.at(line, "the test " + name + " is not supported");
    }
  }

  static boolean holds(int line, String name, Object value, Object argument) {
    return switch (name) {
      case "defined" -> !(value instanceof Undefined);
      case "undefined" -> value instanceof Undefined;
      case "none" -> value == null;
      case "string" -> value instanceof String;
      case "number" -> value instanceof Number || value instanceof Boolean;
      case "integer" -> value instanceof Long;
      case "float" -> value instanceof Double;
      case "boolean" -> value instanceof Boolean;
      case "mapping" -> value instanceof Map<?, ?>;
      case "iterable", "sequence" ->
          value instanceof List<?>
              || value instanceof Map<?, ?>
              || value instanceof String
              || value instanceof Undefined;
      case "true" -> Boolean.TRUE.equals(value);
      case "false" -> Boolean.FALSE.equals(value);
      case "equalto", "eq" -> Python.equal(value, argument);
      case "ne" -> !Python.equal(value, argument);
      case "sameas" -> value == argument || value instanceof Boolean && value.equals(argument);
      case "in" -> Python.contains(argument, value);
      case "callable" -> value instanceof Scope.Callable;
      case "lower" -> Python.text(value).equals(Python.text(value).toLowerCase(Locale.ROOT));
      case "upper" -> Python.text(value).equals(Python.text(value).toUpperCase(Locale.ROOT));
      case "gt", "greaterthan" -> Python.order(value, argument) > 0;
      case "ge" -> Python.order(value, argument) >= 0;
      case "lt", "lessthan" -> Python.order(value, argument) < 0;
      case "le" -> Python.order(value, argument) <= 0;
      default -> divisible(line, name, value, argument);
    };
  }

  private static boolean divisible(int line, String name, Object value, Object argument) {
    if (!(value instanceof Long number)) {
      throw TemplateException.at(line, name + ": not a whole number");
    }
    return switch (name) {
      case "odd" -> number % 2 != 0;
      case "even" -> number % 2 == 0;
      default -> argument instanceof Long by && by != 0 && number % by == 0;
    };
  }
}
