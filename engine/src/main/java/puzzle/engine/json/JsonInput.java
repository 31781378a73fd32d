package puzzle.engine.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
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
import puzzle.model.InvalidInputException;

/** Reads a small JSON file somebody else wrote: bounded in size and depth, no repeated fields. */
public final class JsonInput {

  static final long MAX_BYTES = 16L << 20;

  private static final ObjectMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                  .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(32)
                          .maxNameLength(4096)
                          .maxStringLength(1 << 20)
                          .maxNumberLength(64)
                          .build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private JsonInput() {}

  /**
   * The file's JSON object.
   *
   * @throws InvalidInputException naming file, line and column
   */
  public static JsonNode object(Path file) {
    try {
      if (!Files.isRegularFile(file)) {
        throw new InvalidInputException(
            file + ": no such file.\nMaybe the path is relative to another folder.");
      }
      long size = Files.size(file);
      if (size > MAX_BYTES) {
        throw new InvalidInputException(
            file
                + ": "
                + size
                + " bytes, more than the "
                + MAX_BYTES
                + " accepted.\n"
                + "Maybe it is not the file meant.");
      }
      JsonNode node = MAPPER.readTree(Files.readAllBytes(file));
      if (node == null || !node.isObject()) {
        throw new InvalidInputException(
            file + ": line 1: not a JSON object.\nMaybe it is empty or cut off.");
      }
      return node;
    } catch (JsonProcessingException e) {
      JsonLocation at = e.getLocation();
      String place = at == null ? "" : "line " + at.getLineNr() + ", column " + at.getColumnNr();
      throw new InvalidInputException(
          file
              + ": "
              + place
              + ": "
              + shown(e.getOriginalMessage())
              + ".\nMaybe it is cut off, or edited by hand.",
          e);
    } catch (IOException | IllegalStateException e) {
      throw new InvalidInputException(
          file + ": cannot be read: " + shown(e.getMessage()) + ".\nMaybe check its permissions.",
          e);
    }
  }

  /** Text out of a file, on one line and not too long for a message. */
  public static String shown(String text) {
    String line = String.valueOf(text).lines().findFirst().orElse("").replaceAll("\\p{C}", "?");
    return line.length() <= 120 ? line : line.substring(0, 120) + "...";
  }
}
