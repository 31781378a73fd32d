package puzzle.engine.json;

import static puzzle.model.InvalidInputException.shown;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import puzzle.model.InvalidInputException;

/**
 * A value in a JSON file that somebody else wrote, or one that is absent. What is asked of it has a
 * type and a range; an error names the file, the JSON pointer and the value. A field that is null
 * counts as absent.
 */
public final class JsonValue {

  private static final String MAYBE =
      "compare it with the documentation of its format, or fetch the file again";

  private final String file;
  private final JsonValue parent;
  private final String name;
  private final JsonNode node;

  private JsonValue(String file, JsonValue parent, String name, JsonNode node) {
    this.file = file;
    this.parent = parent;
    this.name = name;
    this.node = node;
  }

  /**
   * The object in a file of up to 16 MiB.
   *
   * @throws InvalidInputException naming file, line and column
   */
  public static JsonValue read(Path file) {
    return root(file.toString(), JsonInput.SMALL.read(file)).object();
  }

  /**
   * The value in a table of measurements, a file of up to 256 MiB.
   *
   * @throws InvalidInputException naming file, line and column
   */
  public static JsonValue readTable(Path file) {
    return root(file.toString(), JsonInput.LARGE.read(file));
  }

  /**
   * The object in a line of a file.
   *
   * @param place file and line, for messages
   */
  public static JsonValue parse(String place, String line) {
    return root(place, JsonInput.SMALL.parse(place, line)).object();
  }

  private static JsonValue root(String file, JsonNode node) {
    return new JsonValue(file, null, "", node);
  }

  public boolean has(String field) {
    return node.hasNonNull(field);
  }

  public boolean isList() {
    return node.isArray();
  }

  public boolean isNull() {
    return node.isNull();
  }

  public boolean isObject() {
    return node.isObject();
  }

  /** As JSON without spaces: {@code 1.0}, {@code "silu"}; to be compared, not shown. */
  public String json() {
    return node.toString();
  }

  /** A field's value, absent if there is none. */
  public JsonValue at(String field) {
    return new JsonValue(file, this, field, node.path(field));
  }

  /** The names of an object's fields, in the file's order. */
  public List<String> names() {
    return node.properties().stream().map(Map.Entry::getKey).toList();
  }

  public JsonValue object(String field) {
    return at(field).object();
  }

  private JsonValue object() {
    if (!node.isObject()) {
      throw bad("is not an object");
    }
    return this;
  }

  /** The elements of a list, which may be empty. */
  public List<JsonValue> list(String field) {
    return at(field).list();
  }

  /** The elements of this list, which may be empty. */
  public List<JsonValue> list() {
    if (!node.isArray()) {
      throw bad("is not a list");
    }
    List<JsonValue> elements = new ArrayList<>(node.size());
    for (int i = 0; i < node.size(); i++) {
      elements.add(new JsonValue(file, this, Integer.toString(i), node.get(i)));
    }
    return elements;
  }

  public List<JsonValue> objects(String field) {
    List<JsonValue> objects = list(field);
    objects.forEach(JsonValue::object);
    return objects;
  }

  public int integer(String field, int min, int max) {
    return at(field).integer(min, max);
  }

  public int integer(String field, int min, int max, int otherwise) {
    return has(field) ? integer(field, min, max) : otherwise;
  }

  private int integer(int min, int max) {
    if (!node.isIntegralNumber()
        || !node.canConvertToInt()
        || node.intValue() < min
        || node.intValue() > max) {
      throw bad("is not an integer from " + min + (max < Integer.MAX_VALUE ? " to " + max : ""));
    }
    return node.intValue();
  }

  /** One integer, or a list of them. */
  public List<Integer> integers(String field, int min, int max) {
    return at(field).isList()
        ? list(field).stream().map(element -> element.integer(min, max)).toList()
        : List.of(integer(field, min, max));
  }

  public double number(String field, double min, double max) {
    double number = at(field).number();
    if (!(number >= min && number <= max)) {
      throw bad(field, "is not a number from " + min + " to " + max);
    }
    return number;
  }

  public double number(String field, double min, double max, double otherwise) {
    return has(field) ? number(field, min, max) : otherwise;
  }

  /** Any finite number. */
  public double number(String field) {
    return at(field).number();
  }

  private double number() {
    double number = node.isNumber() ? node.doubleValue() : Double.NaN;
    if (!Double.isFinite(number)) {
      throw bad("is not a finite number");
    }
    return number;
  }

  /**
   * The finite numbers of a list that is not empty.
   *
   * @param nullable true if null may stand for a number that is missing: it becomes NaN
   */
  public double[] numbers(boolean nullable) {
    if (!node.isArray() || node.isEmpty()) {
      throw bad("is not a list of numbers");
    }
    double[] numbers = new double[node.size()];
    for (int i = 0; i < numbers.length; i++) {
      JsonNode element = node.get(i);
      double number = element.isNumber() ? element.doubleValue() : Double.NaN;
      if (!Double.isFinite(number) && !(nullable && element.isNull())) {
        throw list().get(i).bad("is not a finite number");
      }
      numbers[i] = number;
    }
    return numbers;
  }

  /** A truth, false if absent. */
  public boolean flag(String field) {
    if (has(field) && !node.get(field).isBoolean()) {
      throw bad(field, "is not true or false");
    }
    return has(field) && node.get(field).booleanValue();
  }

  public String text(String field) {
    return at(field).text();
  }

  /** This string. */
  public String text() {
    if (!node.isTextual()) {
      throw bad("is not a string");
    }
    return node.textValue();
  }

  /** The strings of a list, empty if it is absent. */
  public List<String> texts(String field) {
    return has(field) ? list(field).stream().map(JsonValue::text).toList() : List.of();
  }

  /** The fields of an object as they stand, to be written to another file. */
  public ObjectNode copy() {
    return object().node.deepCopy();
  }

  /** This value as an object of the program's own. */
  public <T> T as(Class<T> type) {
    try {
      return JsonInput.LARGE.convert(node, type);
    } catch (JsonProcessingException e) {
      throw bad("does not hold what it should: " + shown(e.getOriginalMessage()));
    }
  }

  /** {@code /0/args}; empty for the whole file. */
  public String pointer() {
    return parent == null
        ? ""
        : parent.pointer() + "/" + name.replace("~", "~0").replace("/", "~1");
  }

  /** {@code stats.json: /0/args}. */
  public String place() {
    return parent == null ? file : file + ": " + shown(pointer());
  }

  /** An error about one field, its value included. */
  public InvalidInputException bad(String field, String what) {
    return bad(field, what, MAYBE);
  }

  public InvalidInputException bad(String field, String what, String maybe) {
    return at(field).error(what, maybe);
  }

  public InvalidInputException bad(String what) {
    return error(what, MAYBE);
  }

  private InvalidInputException error(String what, String maybe) {
    return new InvalidInputException(
        "%s: %s %s.\nMaybe %s.".formatted(place(), preview(), what, maybe));
  }

  private String preview() {
    if (node.isMissingNode()) {
      return "absent, which";
    }
    boolean large = node.size() > 20 || node.valueStream().anyMatch(JsonNode::isContainerNode);
    if (large) {
      return node.isArray() ? "a list of " + node.size() : "an object of " + node.size();
    }
    return shown(node.toString());
  }
}
