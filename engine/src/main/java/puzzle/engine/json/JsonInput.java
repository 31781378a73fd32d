package puzzle.engine.json;

import static puzzle.model.InvalidInputException.shown;

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
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import puzzle.engine.files.StandIns;
import puzzle.model.InvalidInputException;

/**
 * Parses JSON as if an enemy wrote it: bounded in bytes, values and depth; a field named twice, NaN
 * and anything after the first value are refused.
 */
enum JsonInput {
  /** A config, an index of shards, a line of a task file. */
  SMALL(16L << 20, 1_000_000),
  /** A table of measurements: 400 layers of 54 blocks with three stats take 10 MB. */
  LARGE(256L << 20, 10_000_000);

  private final long mostBytes;
  private final ObjectMapper mapper;

  JsonInput(long mostBytes, long mostTokens) {
    this.mostBytes = mostBytes;
    this.mapper =
        JsonMapper.builder(
                JsonFactory.builder()
                    .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                    .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .streamReadConstraints(
                        StreamReadConstraints.builder()
                            .maxTokenCount(mostTokens)
                            .maxNestingDepth(32)
                            .maxNameLength(4096)
                            .maxStringLength(1 << 20)
                            .maxNumberLength(64)
                            .build())
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();
  }

  JsonNode read(Path file) {
    StandIns.refuse(file);
    try {
      if (!Files.isRegularFile(file)) {
        throw new InvalidInputException(
            file + ": no such file.\nMaybe the path is relative to another folder.");
      }
      long bytes = Files.size(file);
      if (bytes > mostBytes) {
        throw new InvalidInputException(
            "%s: %d bytes, more than the %d accepted.\nMaybe it is not the file meant."
                .formatted(file, bytes, mostBytes));
      }
      try (InputStream in = Files.newInputStream(file)) {
        return notEmpty(file.toString(), mapper.readTree(in));
      }
    } catch (JsonProcessingException e) {
      JsonLocation at = e.getLocation();
      throw malformed(file + ": line " + (at == null ? 0 : at.getLineNr()), e);
    } catch (IOException | IllegalStateException e) {
      throw new InvalidInputException(
          file + ": cannot be read: " + shown(e.getMessage()) + ".\nMaybe check its permissions.",
          e);
    }
  }

  JsonNode parse(String place, String line) {
    try {
      return notEmpty(place, mapper.readTree(line));
    } catch (JsonProcessingException e) {
      throw malformed(place, e);
    }
  }

  <T> T convert(JsonNode node, Class<T> type) throws JsonProcessingException {
    return mapper.treeToValue(node, type);
  }

  private static JsonNode notEmpty(String place, JsonNode root) {
    if (root == null || root.isMissingNode()) {
      throw new InvalidInputException(place + ": empty.\nMaybe it was cut off.");
    }
    return root;
  }

  private static InvalidInputException malformed(String place, JsonProcessingException e) {
    JsonLocation at = e.getLocation();
    return new InvalidInputException(
        "%s, column %d: %s.\nMaybe it is cut off, or edited by hand."
            .formatted(place, at == null ? 0 : at.getColumnNr(), shown(e.getOriginalMessage())),
        e);
  }
}
