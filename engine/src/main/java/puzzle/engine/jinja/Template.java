package puzzle.engine.jinja;

import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A template, ready to be filled in. Not bound to a thread. */
public final class Template {

  /**
   * The day that {@code strftime_now} gives: a text must be the same on every day. It is the one
   * that Llama's own templates name where there is no clock.
   */
  private static final LocalDate TODAY = LocalDate.of(2024, 7, 26);

  private final Statement statement;

  private Template(Statement statement) {
    this.statement = statement;
  }

  /**
   * @throws TemplateException naming the line, where it is unsound or needs what is not supported
   */
  public static Template parse(String template) {
    return new Template(TemplateParser.parse(template));
  }

  /**
   * Fills it in.
   *
   * @param values by name: texts, {@link Long}, {@link Double}, {@link Boolean}, null, lists and
   *     maps of these
   * @throws TemplateException where it does not take them
   */
  public String render(Map<String, Object> values) {
    Scope global = new Scope(null);
    define(global);
    Scope scope = new Scope(global);
    values.forEach(scope::set);
    StringBuilder out = new StringBuilder();
    try {
      statement.run(scope, out);
    } catch (StackOverflowError e) {
      throw new TemplateException("calls itself without end");
    }
    return out.toString();
  }

  private static void define(Scope global) {
    Scope.Callable raise =
        (arguments, named) -> {
          throw new TemplateException(arguments.isEmpty() ? "" : Python.text(arguments.get(0)));
        };
    Scope.Callable namespace =
        (arguments, named) -> new Scope.Namespace(new LinkedHashMap<>(named));
    Scope.Callable dict = (arguments, named) -> new LinkedHashMap<>(named);
    Scope.Callable range = (arguments, named) -> range(arguments);
    Scope.Callable now = (arguments, named) -> formatted(Python.text(arguments.get(0)));
    global.set("raise_exception", raise);
    global.set("namespace", namespace);
    global.set("dict", dict);
    global.set("range", range);
    global.set("strftime_now", now);
  }

  private static List<Object> range(List<Object> arguments) {
    long first = arguments.size() > 1 ? (Long) Python.whole(arguments.get(0)) : 0;
    long end = (Long) Python.whole(arguments.get(arguments.size() > 1 ? 1 : 0));
    long step = arguments.size() > 2 ? (Long) Python.whole(arguments.get(2)) : 1;
    if (step == 0 || (end - first) / step > 1_000_000) {
      throw new TemplateException("range: too long");
    }
    List<Object> numbers = new ArrayList<>();
    for (long i = first; step > 0 ? i < end : i > end; i += step) {
      numbers.add(i);
    }
    return numbers;
  }

  private static String formatted(String pattern) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      if (c != '%' || i + 1 == pattern.length()) {
        text.append(c);
        continue;
      }
      char field = pattern.charAt(++i);
      String java =
          switch (field) {
            case 'Y' -> "yyyy";
            case 'y' -> "yy";
            case 'm' -> "MM";
            case 'd' -> "dd";
            case 'B' -> "MMMM";
            case 'b' -> "MMM";
            case 'A' -> "EEEE";
            case 'a' -> "EEE";
            case 'j' -> "DDD";
            case 'H', 'M', 'S', '%' -> "";
            default -> throw new TemplateException("strftime_now: %" + field + " is not supported");
          };
      text.append(
          field == '%'
              ? "%"
              : java.isEmpty() ? "00" : TODAY.format(DateTimeFormatter.ofPattern(java, Locale.US)));
    }
    return text.toString();
  }
}
