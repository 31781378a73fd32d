package puzzle.engine.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import puzzle.model.InvalidInputException;

/**
 * A value in a JSON file that somebody else wrote, with the pointer to it: every error names file,
 * pointer and value.
 */
public record JsonAt(String file, String pointer, JsonNode node) {

  private static final long LARGEST_FILE = 256L << 20;

  private static final ObjectMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                  .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(32)
                          .maxNameLength(4096)
                          .maxStringLength(1 << 16)
                          .maxNumberLength(64)
                          .build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  public static JsonAt read(Path path) {
    String name = path.getFileName().toString();
    try {
      if (Files.size(path) > LARGEST_FILE) {
        throw new InvalidInputException(
            path + ": larger than " + LARGEST_FILE + " bytes.\nMaybe another file was meant.");
      }
      return new JsonAt(name, "", JSON.readTree(Files.readAllBytes(path)));
    } catch (JsonProcessingException e) {
      var at = e.getLocation();
      throw new InvalidInputException(
          "%s:%d:%d: %s.%nMaybe the file is cut off."
              .formatted(
                  name,
                  at == null ? 0 : at.getLineNr(),
                  at == null ? 0 : at.getColumnNr(),
                  e.getOriginalMessage()),
          e);
    } catch (IOException e) {
      throw new InvalidInputException(
          path + ": " + e.getMessage() + "\nMaybe the path is wrong.", e);
    }
  }

  public boolean has(String field) {
    return node.hasNonNull(field);
  }

  public JsonAt object(String field) {
    JsonAt there = child(field);
    if (!there.node.isObject()) {
      throw there.bad("is no object", "the file is of another version");
    }
    return there;
  }

  public List<JsonAt> list(String field) {
    return field.isEmpty() ? elements() : child(field).elements();
  }

  private List<JsonAt> elements() {
    if (!node.isArray()) {
      throw bad("is no list", "the file is of another version");
    }
    List<JsonAt> out = new ArrayList<>();
    for (int i = 0; i < node.size(); i++) {
      out.add(new JsonAt(file, pointer + "/" + i, node.get(i)));
    }
    return out;
  }

  public List<String> names() {
    List<String> names = new ArrayList<>();
    node.fieldNames().forEachRemaining(names::add);
    return names;
  }

  public String text(String field) {
    JsonAt there = child(field);
    if (!there.node.isTextual()) {
      throw there.bad("is no text", "the field is missing");
    }
    return there.node.textValue();
  }

  public boolean flag(String field) {
    JsonAt there = child(field);
    if (!there.node.isBoolean() && !there.node.isNull() && !there.node.isMissingNode()) {
      throw there.bad("is neither true nor false", "true or false was meant");
    }
    return there.node.booleanValue();
  }

  public int integer(String field, int least) {
    JsonAt there = child(field);
    if (!there.node.isIntegralNumber()
        || !there.node.canConvertToInt()
        || there.node.intValue() < least) {
      throw there.bad("is no whole number from " + least, "the field is missing");
    }
    return there.node.intValue();
  }

  public double number(String field) {
    JsonAt there = child(field);
    if (!there.node.isNumber()) {
      throw there.bad("is no number", "the field is missing");
    }
    return there.node.doubleValue();
  }

  /** {@code stats.json /0/args}. */
  public String place() {
    return file + " " + (pointer.isEmpty() ? "/" : pointer);
  }

  public InvalidInputException bad(String what, String maybe) {
    String value = node.isMissingNode() ? "nothing" : node.toString();
    return new InvalidInputException(
        "%s: %s %s.%nMaybe %s."
            .formatted(
                place(),
                value.length() > 60 ? value.substring(0, 60) + "..." : value,
                what,
                maybe));
  }

  private JsonAt child(String field) {
    String escaped = field.replace("~", "~0").replace("/", "~1");
    return new JsonAt(file, pointer + "/" + escaped, node.path(field));
  }
}
