package puzzle.engine.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import puzzle.model.InvalidInputException;

/** Typed reads from a JSON tree whose errors name the file, the JSON pointer and the value. */
public final class Json {

  /** A library of 400 layers x 54 blocks with three stats is under 10 MB. */
  static final long MAX_BYTES = 256L << 20;

  /** Values in a file: a tree of them stays well under 512 MB. */
  private static final int MAX_VALUES = 5_000_000;

  private static final ObjectMapper MAPPER =
      new ObjectMapper(
              JsonFactory.builder()
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(32).build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private final String source;

  public Json(String source) {
    this.source = source;
  }

  public static JsonNode read(Path file) {
    try {
      long bytes = Files.size(file);
      if (bytes > MAX_BYTES) {
        throw new InvalidInputException(
            "%s: %d bytes, at most %d are read.\nMaybe this is not a block library."
                .formatted(file, bytes, MAX_BYTES));
      }
      countValues(file);
      try (InputStream in = Files.newInputStream(file)) {
        JsonNode root = MAPPER.readTree(in);
        if (root == null || root.isMissingNode()) {
          throw new InvalidInputException(file + ": empty.\nMaybe the file was cut short.");
        }
        return root;
      }
    } catch (JsonProcessingException e) {
      throw new InvalidInputException(
          "%s line %d column %d: %s\nMaybe the file was cut short."
              .formatted(
                  file,
                  e.getLocation() == null ? 0 : e.getLocation().getLineNr(),
                  e.getLocation() == null ? 0 : e.getLocation().getColumnNr(),
                  e.getOriginalMessage()),
          e);
    } catch (NoSuchFileException e) {
      throw new InvalidInputException(file + ": no such file.\nMaybe check the path.", e);
    } catch (IOException e) {
      throw new InvalidInputException(
          file + ": cannot be read (" + e.getMessage() + ").\nMaybe check the permissions.", e);
    }
  }

  private static void countValues(Path file) throws IOException {
    try (JsonParser parser = MAPPER.getFactory().createParser(file.toFile())) {
      long values = 0;
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        if (token.isScalarValue() && ++values > MAX_VALUES) {
          throw new InvalidInputException(
              "%s line %d: more than %d values.\nMaybe this is not a block library."
                  .formatted(file, parser.currentLocation().getLineNr(), MAX_VALUES));
        }
      }
    }
  }

  public InvalidInputException error(String pointer, JsonNode value, String maybe) {
    String text = value == null ? "missing" : value.toString();
    if (text.length() > 60) {
      text = text.substring(0, 57) + "...";
    }
    return new InvalidInputException(
        "%s %s: %s.\nMaybe %s.".formatted(source, pointer, text, maybe));
  }

  public JsonNode array(JsonNode root, String pointer) {
    JsonNode node = root.at(pointer);
    if (!node.isArray() || node.isEmpty()) {
      throw error(pointer, node.isMissingNode() ? null : node, "write a list that is not empty");
    }
    return node;
  }

  public int integer(JsonNode root, String pointer) {
    JsonNode node = root.at(pointer);
    if (!node.isIntegralNumber() || !node.canConvertToInt()) {
      throw error(pointer, node.isMissingNode() ? null : node, "write a whole number");
    }
    return node.intValue();
  }

  public double number(JsonNode root, String pointer) {
    return number(root.at(pointer), pointer, false);
  }

  public double number(JsonNode node, String pointer, boolean missingAllowed) {
    if (missingAllowed && node.isNull()) {
      return Double.NaN;
    }
    double value = node.isNumber() ? node.doubleValue() : Double.NaN;
    if (!Double.isFinite(value)) {
      throw error(pointer, node.isMissingNode() ? null : node, "write a finite number");
    }
    return value;
  }

  public double[] numbers(JsonNode node, String pointer, boolean missingAllowed) {
    if (node == null || !node.isArray() || node.isEmpty()) {
      throw error(pointer, node, "write a list that is not empty");
    }
    double[] values = new double[node.size()];
    for (int i = 0; i < values.length; i++) {
      JsonNode entry = node.get(i);
      values[i] =
          entry.isNumber() && Double.isFinite(entry.doubleValue())
              ? entry.doubleValue()
              : number(entry, pointer + "/" + i, missingAllowed);
    }
    return values;
  }

  public double[][] matrix(JsonNode node, String pointer, int columns) {
    if (!node.isArray() || node.isEmpty()) {
      throw error(pointer, node, "write a list that is not empty");
    }
    double[][] values = new double[node.size()][];
    for (int i = 0; i < values.length; i++) {
      values[i] = numbers(node.get(i), pointer + "/" + i, false);
      if (values[i].length != columns) {
        throw error(pointer + "/" + i, node.get(i), columns + " numbers are expected here");
      }
    }
    return values;
  }
}
