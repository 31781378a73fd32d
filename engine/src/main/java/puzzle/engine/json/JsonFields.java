package puzzle.engine.json;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import puzzle.model.InvalidInputException;

/**
 * The fields of one JSON object in a file, each taken with the type and range it must have. An
 * error names file, JSON pointer and value. A field that is null counts as absent.
 */
public final class JsonFields {

  private final Path file;
  private final String pointer;
  private final JsonNode node;

  private JsonFields(Path file, String pointer, JsonNode node) {
    this.file = file;
    this.pointer = pointer;
    this.node = node;
  }

  public static JsonFields of(Path file) {
    return new JsonFields(file, "", JsonInput.object(file));
  }

  public boolean has(String field) {
    return node.hasNonNull(field);
  }

  public int integer(String field, int min, int max) {
    JsonNode value = node.path(field);
    if (!value.isIntegralNumber() || !value.canConvertToInt()) {
      throw bad(field, "is not an integer from " + min + " to " + max);
    }
    if (value.intValue() < min || value.intValue() > max) {
      throw bad(field, "is not from " + min + " to " + max);
    }
    return value.intValue();
  }

  public int integer(String field, int min, int max, int otherwise) {
    return has(field) ? integer(field, min, max) : otherwise;
  }

  public double number(String field, double min, double max) {
    JsonNode value = node.path(field);
    double number = value.isNumber() ? value.doubleValue() : Double.NaN;
    if (!(number >= min && number <= max)) {
      throw bad(field, "is not a number from " + min + " to " + max);
    }
    return number;
  }

  public double number(String field, double min, double max, double otherwise) {
    return has(field) ? number(field, min, max) : otherwise;
  }

  public boolean flag(String field) {
    if (has(field) && !node.get(field).isBoolean()) {
      throw bad(field, "is not true or false");
    }
    return has(field) && node.get(field).booleanValue();
  }

  public String text(String field) {
    if (!node.path(field).isTextual()) {
      throw bad(field, "is not a string");
    }
    return node.get(field).textValue();
  }

  /** The strings of an array, empty where it is absent. */
  public List<String> texts(String field) {
    List<String> texts = new ArrayList<>();
    if (has(field)) {
      if (!node.get(field).isArray()) {
        throw bad(field, "is not an array of strings");
      }
      for (JsonNode element : node.get(field)) {
        if (!element.isTextual()) {
          throw bad(field, "is not an array of strings");
        }
        texts.add(element.textValue());
      }
    }
    return texts;
  }

  /** One integer, or an array of them. */
  public List<Integer> integers(String field, int min, int max) {
    if (!node.path(field).isArray()) {
      return List.of(integer(field, min, max));
    }
    List<Integer> integers = new ArrayList<>();
    for (JsonNode element : node.get(field)) {
      if (!element.canConvertToInt() || element.intValue() < min || element.intValue() > max) {
        throw bad(field, "is not integers from " + min + " to " + max);
      }
      integers.add(element.intValue());
    }
    return integers;
  }

  public JsonFields object(String field) {
    if (!node.path(field).isObject()) {
      throw bad(field, "is not an object");
    }
    return new JsonFields(file, pointer + "/" + field, node.get(field));
  }

  /** The objects of an array. */
  public List<JsonFields> objects(String field) {
    if (!node.path(field).isArray()) {
      throw bad(field, "is not an array of objects");
    }
    List<JsonFields> objects = new ArrayList<>();
    for (JsonNode element : node.get(field)) {
      String at = pointer + "/" + field + "/" + objects.size();
      if (!element.isObject()) {
        throw new InvalidInputException(
            file
                + ": "
                + at
                + ": "
                + JsonInput.shown(element.toString())
                + " is not an object.\nMaybe the file was edited by hand.");
      }
      objects.add(new JsonFields(file, at, element));
    }
    return objects;
  }

  public List<String> names() {
    return node.properties().stream().map(Map.Entry::getKey).toList();
  }

  Path file() {
    return file;
  }

  /** An error about one field, its value included. */
  public InvalidInputException bad(String field, String what) {
    return bad(field, what, "compare it with the model's page, or fetch the file again");
  }

  public InvalidInputException bad(String field, String what, String maybe) {
    String value = node.has(field) ? JsonInput.shown(node.get(field).toString()) : "absent, which";
    return new InvalidInputException(
        file
            + ": "
            + pointer
            + "/"
            + JsonInput.shown(field)
            + ": "
            + value
            + " "
            + what
            + ".\nMaybe "
            + maybe
            + ".");
  }
}
