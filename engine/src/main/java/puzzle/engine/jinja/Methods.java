package puzzle.engine.jinja;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Methods of Python's texts, dicts and lists; those that would change them are not there. */
final class Methods {

  private static final Set<String> OF_TEXT =
      Set.of(
          "strip",
          "lstrip",
          "rstrip",
          "split",
          "rsplit",
          "startswith",
          "endswith",
          "replace",
          "upper",
          "lower",
          "title",
          "capitalize",
          "join",
          "find",
          "rfind",
          "index",
          "count",
          "splitlines",
          "isdigit",
          "isalpha",
          "isspace",
          "isupper",
          "islower",
          "removeprefix",
          "removesuffix");

  private static final Set<String> OF_DICT = Set.of("get", "items", "keys", "values");

  private Methods() {}

  /** Null if there is none of that name. */
  static Scope.Callable of(int line, Object value, String name) {
    if (value instanceof String text && OF_TEXT.contains(name)) {
      return (arguments, named) -> ofText(line, text, name, arguments);
    } else if (value instanceof Map<?, ?> map && OF_DICT.contains(name)) {
      return (arguments, named) -> ofDict(map, name, arguments);
    } else if (value instanceof List<?> list && (name.equals("index") || name.equals("count"))) {
      return (arguments, named) ->
          name.equals("count")
              ? (Object) list.stream().filter(v -> Python.equal(v, arguments.get(0))).count()
              : (Object) (long) list.indexOf(arguments.get(0));
    }
    return null;
  }

  private static Object ofDict(Map<?, ?> map, String name, List<Object> arguments) {
    return switch (name) {
      case "get" ->
          map.containsKey(arguments.get(0))
              ? map.get(arguments.get(0))
              : arguments.size() > 1 ? arguments.get(1) : null;
      case "keys" -> new ArrayList<Object>(map.keySet());
      case "values" -> new ArrayList<Object>(map.values());
      default -> Python.pairs(map);
    };
  }

  private static Object ofText(int line, String text, String name, List<Object> arguments) {
    try {
      return ofText(text, name, arguments);
    } catch (IndexOutOfBoundsException | ClassCastException e) {
      throw TemplateException.at(line, name + ": not the arguments that it takes");
    }
  }

  private static Object ofText(String text, String name, List<Object> arguments) {
    return switch (name) {
      case "strip", "lstrip", "rstrip" -> {
        Object given = arguments.isEmpty() ? null : arguments.get(0);
        yield stripped(text, (String) given, !name.equals("rstrip"), !name.equals("lstrip"));
      }
      case "split", "rsplit" -> split(text, name.equals("rsplit"), arguments);
      case "startswith" -> any(arguments.get(0)).stream().anyMatch(text::startsWith);
      case "endswith" -> any(arguments.get(0)).stream().anyMatch(text::endsWith);
      case "replace" ->
          replaced(
              text,
              (String) arguments.get(0),
              (String) arguments.get(1),
              arguments.size() > 2 ? (Long) arguments.get(2) : -1);
      case "upper" -> text.toUpperCase(Locale.ROOT);
      case "lower" -> text.toLowerCase(Locale.ROOT);
      case "title" -> title(text);
      case "capitalize" -> capitalized(text);
      case "join" ->
          String.join(
              text, Python.iterated(0, arguments.get(0)).stream().map(Python::text).toList());
      case "find", "index" -> (long) text.indexOf((String) arguments.get(0));
      case "rfind" -> (long) text.lastIndexOf((String) arguments.get(0));
      case "count" -> {
        String part = (String) arguments.get(0);
        yield (long) (text.length() - text.replace(part, "").length()) / Math.max(1, part.length());
      }
      case "splitlines" -> new ArrayList<Object>(text.lines().toList());
      case "isdigit" -> !text.isEmpty() && text.chars().allMatch(Character::isDigit);
      case "isalpha" -> !text.isEmpty() && text.chars().allMatch(Character::isLetter);
      case "isspace" -> !text.isEmpty() && text.isBlank();
      case "isupper" ->
          !text.equals(text.toLowerCase(Locale.ROOT)) && text.equals(text.toUpperCase(Locale.ROOT));
      case "islower" ->
          !text.equals(text.toUpperCase(Locale.ROOT)) && text.equals(text.toLowerCase(Locale.ROOT));
      case "removeprefix" -> {
        String prefix = (String) arguments.get(0);
        yield text.startsWith(prefix) ? text.substring(prefix.length()) : text;
      }
      default -> {
        String suffix = (String) arguments.get(0);
        yield text.endsWith(suffix) ? text.substring(0, text.length() - suffix.length()) : text;
      }
    };
  }

  private static List<String> any(Object argument) {
    return argument instanceof List<?> list
        ? list.stream().map(v -> (String) v).toList()
        : List.of((String) argument);
  }

  /**
   * @param characters to be taken away; null for white space
   */
  static String stripped(String text, String characters, boolean left, boolean right) {
    int from = 0;
    int to = text.length();
    while (left && from < to && taken(text.charAt(from), characters)) {
      from++;
    }
    while (right && to > from && taken(text.charAt(to - 1), characters)) {
      to--;
    }
    return text.substring(from, to);
  }

  private static boolean taken(char c, String characters) {
    return characters == null ? space(c) : characters.indexOf(c) >= 0;
  }

  /** What Python's str.isspace holds for. */
  private static boolean space(char c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == 0x85;
  }

  private static List<Object> split(String text, boolean fromRight, List<Object> arguments) {
    String separator = arguments.isEmpty() ? null : (String) arguments.get(0);
    long most = arguments.size() > 1 ? (Long) arguments.get(1) : -1;
    if (separator == null) {
      String[] words = stripped(text, null, true, true).split("[\\s\\x{85}\\p{Z}]+");
      return text.isBlank() ? new ArrayList<>() : new ArrayList<>(Arrays.asList(words));
    }
    List<Object> parts = new ArrayList<>();
    String rest = text;
    while (most < 0 || parts.size() < most) {
      int at = fromRight ? rest.lastIndexOf(separator) : rest.indexOf(separator);
      if (at < 0) {
        break;
      }
      parts.add(
          fromRight ? 0 : parts.size(),
          fromRight ? rest.substring(at + separator.length()) : rest.substring(0, at));
      rest = fromRight ? rest.substring(0, at) : rest.substring(at + separator.length());
    }
    parts.add(fromRight ? 0 : parts.size(), rest);
    return parts;
  }

  static String replaced(String text, String old, String by, long most) {
    if (most < 0) {
      return text.replace(old, by);
    }
    StringBuilder replaced = new StringBuilder();
    int from = 0;
    for (long i = 0; i < most; i++) {
      int at = text.indexOf(old, from);
      if (at < 0) {
        break;
      }
      replaced.append(text, from, at).append(by);
      from = at + old.length();
    }
    return replaced.append(text.substring(from)).toString();
  }

  static String capitalized(String text) {
    return text.isEmpty()
        ? text
        : text.substring(0, 1).toUpperCase(Locale.ROOT)
            + text.substring(1).toLowerCase(Locale.ROOT);
  }

  static String title(String text) {
    StringBuilder title = new StringBuilder();
    boolean inside = false;
    for (char c : text.toCharArray()) {
      title.append(inside ? Character.toLowerCase(c) : Character.toUpperCase(c));
      inside = Character.isLetter(c);
    }
    return title.toString();
  }
}
