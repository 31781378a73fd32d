package puzzle.engine.jinja;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import puzzle.engine.jinja.TemplateLexer.Word;

/**
 * Python's values: text as {@link String}, whole numbers as {@link Long}, others as {@link Double},
 * {@link Boolean}, null for None, lists and tuples as {@link List}, dicts as {@link Map}.
 */
final class Python {

  /** Characters that one value may have: a template can double a text again and again. */
  private static final int LONGEST = 1 << 26;

  private Python() {}

  static boolean truth(Object value) {
    if (value instanceof Boolean flag) {
      return flag;
    } else if (value instanceof CharSequence text) {
      return !text.isEmpty();
    } else if (value instanceof Number number) {
      return number.doubleValue() != 0;
    } else if (value instanceof Collection<?> list) {
      return !list.isEmpty();
    } else if (value instanceof Map<?, ?> map) {
      return !map.isEmpty();
    }
    return value != null && !(value instanceof Undefined);
  }

  /** What {@code str} gives. */
  static String text(Object value) {
    return value instanceof String text ? text : shown(value);
  }

  /** What {@code repr} gives. */
  private static String shown(Object value) {
    if (value == null) {
      return "None";
    } else if (value instanceof Boolean flag) {
      return flag ? "True" : "False";
    } else if (value instanceof String text) {
      char quote = text.contains("'") && !text.contains("\"") ? '"' : '\'';
      String escaped = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t");
      return quote + (quote == '\'' ? escaped.replace("'", "\\'") : escaped) + quote;
    } else if (value instanceof List<?> list) {
      return "[" + String.join(", ", list.stream().map(Python::shown).toList()) + "]";
    } else if (value instanceof Map<?, ?> map) {
      return "{"
          + String.join(
              ", ",
              map.entrySet().stream()
                  .map(e -> shown(e.getKey()) + ": " + shown(e.getValue()))
                  .toList())
          + "}";
    }
    return value.toString();
  }

  static Object whole(Object value) {
    if (value instanceof Long || value instanceof Boolean) {
      return value instanceof Boolean flag ? (flag ? 1L : 0L) : value;
    }
    throw new TemplateException("not a whole number: " + shown(value));
  }

  static boolean equal(Object a, Object b) {
    if (a instanceof Number x && b instanceof Number y) {
      return x.doubleValue() == y.doubleValue();
    }
    return a instanceof Undefined ? b instanceof Undefined : Objects.equals(a, b);
  }

  static boolean compare(String operator, Object a, Object b) {
    return switch (operator) {
      case "==" -> equal(a, b);
      case "!=" -> !equal(a, b);
      case "in" -> contains(b, a);
      case "not in" -> !contains(b, a);
      default -> ordered(operator, order(a, b));
    };
  }

  private static boolean ordered(String operator, int order) {
    return switch (operator) {
      case "<" -> order < 0;
      case ">" -> order > 0;
      case "<=" -> order <= 0;
      default -> order >= 0;
    };
  }

  static int order(Object a, Object b) {
    if (a instanceof Number x && b instanceof Number y) {
      return Double.compare(x.doubleValue(), y.doubleValue());
    } else if (a instanceof String x && b instanceof String y) {
      return x.compareTo(y);
    }
    throw new TemplateException("cannot be ordered: " + shown(a) + " and " + shown(b));
  }

  static boolean contains(Object container, Object value) {
    if (container instanceof String text && value instanceof String part) {
      return text.contains(part);
    } else if (container instanceof Collection<?> list) {
      return list.stream().anyMatch(item -> equal(item, value));
    } else if (container instanceof Map<?, ?> map) {
      return map.containsKey(value);
    } else if (container instanceof Undefined) {
      return false;
    }
    throw new TemplateException("holds nothing: " + shown(container));
  }

  static Object arithmetic(Word operator, Object a, Object b) {
    if (a instanceof Undefined || b instanceof Undefined) {
      Undefined missing = (Undefined) (a instanceof Undefined ? a : b);
      throw TemplateException.at(operator.line(), "'" + missing.name() + "' is not defined");
    }
    Object result = calculated(operator.text(), a, b);
    if (result == null || result instanceof String text && text.length() > LONGEST) {
      throw TemplateException.at(
          operator.line(), "%s cannot be computed of these values".formatted(operator.text()));
    }
    return result;
  }

  private static Object calculated(String operator, Object a, Object b) {
    if (operator.equals("+") && a instanceof String x && b instanceof String y) {
      return x + y;
    } else if (operator.equals("+") && a instanceof List<?> x && b instanceof List<?> y) {
      List<Object> both = new ArrayList<>(x);
      both.addAll(y);
      return both;
    } else if (operator.equals("*") && a instanceof String x && b instanceof Long times) {
      return x.length() * Math.max(0, times) > LONGEST ? null : x.repeat((int) Math.max(0, times));
    } else if (a instanceof Long x && b instanceof Long y) {
      return switch (operator) {
        case "+" -> x + y;
        case "-" -> x - y;
        case "*" -> x * y;
        case "//" -> y == 0 ? null : (Object) Math.floorDiv(x, y);
        case "%" -> y == 0 ? null : (Object) Math.floorMod(x, y);
        case "/" -> y == 0 ? null : (Object) (x / (double) y);
        default -> (long) Math.pow(x, y);
      };
    } else if (a instanceof Number m && b instanceof Number n) {
      double x = m.doubleValue();
      double y = n.doubleValue();
      return switch (operator) {
        case "+" -> x + y;
        case "-" -> x - y;
        case "*" -> x * y;
        case "/" -> x / y;
        case "//" -> Math.floor(x / y);
        case "%" -> x - y * Math.floor(x / y);
        default -> Math.pow(x, y);
      };
    }
    return null;
  }

  /** {@code value.field}: a method, or else an item of that name. */
  static Object attribute(int line, Object value, Object field) {
    if (value instanceof Undefined missing) {
      throw TemplateException.at(line, "'%s' is not defined".formatted(missing.name()));
    } else if (value instanceof Scope.Namespace namespace) {
      Object held = namespace.fields().get(field);
      return namespace.fields().containsKey(field) ? held : new Undefined(field.toString());
    }
    Scope.Callable method = Methods.of(line, value, field.toString());
    return method != null ? method : found(value, field);
  }

  /** {@code value[key]}. */
  static Object item(int line, Object value, Object key) {
    if (value instanceof Undefined missing) {
      throw TemplateException.at(line, "'%s' is not defined".formatted(missing.name()));
    }
    return found(value, key);
  }

  private static Object found(Object value, Object key) {
    if (value instanceof Map<?, ?> map) {
      return map.containsKey(key) ? map.get(key) : new Undefined(text(key));
    }
    if (key instanceof Long index && (value instanceof List<?> || value instanceof String)) {
      int size = value instanceof List<?> list ? list.size() : ((String) value).length();
      long at = index < 0 ? index + size : index;
      if (at >= 0 && at < size) {
        return value instanceof List<?> list
            ? list.get((int) at)
            : String.valueOf(((String) value).charAt((int) at));
      }
    }
    return new Undefined(text(key));
  }

  static Object slice(int line, Object value, Long from, Long to, Long step) {
    boolean isText = value instanceof String;
    if (!isText && !(value instanceof List<?>)) {
      throw TemplateException.at(line, "only lists and texts have parts");
    }
    int size = isText ? ((String) value).length() : ((List<?>) value).size();
    long by = step == null ? 1 : step;
    if (by == 0) {
      throw TemplateException.at(line, "a step of 0");
    }
    long least = by > 0 ? 0 : -1;
    long most = by > 0 ? size : size - 1L;
    long first = from == null ? (by > 0 ? least : most) : clamped(from, size, least, most);
    long end = to == null ? (by > 0 ? most : least) : clamped(to, size, least, most);
    StringBuilder text = new StringBuilder();
    List<Object> list = new ArrayList<>();
    for (long i = first; by > 0 ? i < end : i > end; i += by) {
      if (isText) {
        text.append(((String) value).charAt((int) i));
      } else {
        list.add(((List<?>) value).get((int) i));
      }
    }
    return isText ? text.toString() : list;
  }

  private static long clamped(long bound, int size, long least, long most) {
    long at = bound < 0 ? bound + size : bound;
    return Math.max(least, Math.min(most, at));
  }

  static List<Object> iterated(int line, Object value) {
    if (value instanceof Collection<?> list) {
      return new ArrayList<>(list);
    } else if (value instanceof Map<?, ?> map) {
      return new ArrayList<>(map.keySet());
    } else if (value instanceof String text) {
      return new ArrayList<>(text.codePoints().mapToObj(Character::toString).toList());
    } else if (value instanceof Undefined) {
      return new ArrayList<>();
    }
    throw TemplateException.at(line, "is no list: " + shown(value));
  }

  /** Entries of a dict as pairs. */
  static List<Object> pairs(Map<?, ?> map) {
    List<Object> pairs = new ArrayList<>();
    map.forEach(
        (key, value) -> {
          List<Object> pair = new ArrayList<>();
          pair.add(key);
          pair.add(value);
          pairs.add(pair);
        });
    return pairs;
  }

  /** What {@code json.dumps(value, ensure_ascii=False, indent=indent)} gives. */
  static String json(Object value, int indent, int depth) {
    if (value == null) {
      return "null";
    } else if (value instanceof Boolean || value instanceof Number) {
      return value.toString();
    } else if (value instanceof String text) {
      return quoted(text);
    } else if (value instanceof List<?> list) {
      return enclosed(
          "[", list.stream().map(v -> json(v, indent, depth + 1)).toList(), "]", indent, depth);
    } else if (value instanceof Map<?, ?> map) {
      List<String> entries =
          map.entrySet().stream()
              .map(e -> quoted(text(e.getKey())) + ": " + json(e.getValue(), indent, depth + 1))
              .toList();
      return enclosed("{", entries, "}", indent, depth);
    }
    throw new TemplateException("tojson: not a value of JSON");
  }

  private static String enclosed(
      String open, List<String> parts, String close, int indent, int depth) {
    if (indent < 0 || parts.isEmpty()) {
      return open + String.join(", ", parts) + close;
    }
    String inner = "\n" + " ".repeat(indent * (depth + 1));
    return open
        + inner
        + String.join("," + inner, parts)
        + "\n"
        + " ".repeat(indent * depth)
        + close;
  }

  private static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> quoted.append("\\\"");
        case '\\' -> quoted.append("\\\\");
        case '\n' -> quoted.append("\\n");
        case '\r' -> quoted.append("\\r");
        case '\t' -> quoted.append("\\t");
        case '\b' -> quoted.append("\\b");
        case '\f' -> quoted.append("\\f");
        default -> {
          if (c < 0x20) {
            quoted.append("\\u%04x".formatted((int) c));
          } else {
            quoted.append(c);
          }
        }
      }
    }
    return quoted.append('"').toString();
  }
}
