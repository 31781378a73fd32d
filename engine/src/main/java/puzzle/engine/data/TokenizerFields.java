package puzzle.engine.data;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import puzzle.engine.json.JsonValue;

/** The small fields of a {@code tokenizer.json}; its vocabulary is passed over, not held. */
final class TokenizerFields {

  private static final Set<String> SMALL = Set.of("added_tokens", "post_processor");
  private static final ObjectMapper JSON = new ObjectMapper();

  private TokenizerFields() {}

  /** Fields {@code added_tokens}, {@code post_processor}, and {@code model} with its dropout. */
  static JsonValue read(Path file) {
    if (!Files.isRegularFile(file)) {
      return null;
    }
    ObjectNode small = JSON.createObjectNode();
    try (JsonParser json = JSON.createParser(file.toFile())) {
      json.nextToken();
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        JsonToken value = json.nextToken();
        if (SMALL.contains(name)) {
          small.set(name, json.readValueAs(JsonNode.class));
        } else if (name.equals("model") && value == JsonToken.START_OBJECT) {
          ObjectNode model = small.putObject("model");
          while (json.nextToken() == JsonToken.FIELD_NAME) {
            boolean wanted = json.currentName().equals("dropout");
            if (json.nextToken().isScalarValue() && wanted) {
              model.set("dropout", json.readValueAs(JsonNode.class));
            }
            json.skipChildren();
          }
        } else {
          json.skipChildren();
        }
      }
    } catch (IOException e) {
      throw SubwordTokenizer.invalid(file, String.valueOf(e.getMessage()));
    }
    return JsonValue.parse(file.toString(), small.toString());
  }
}
