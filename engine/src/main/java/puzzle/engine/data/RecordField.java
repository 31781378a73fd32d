package puzzle.engine.data;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import puzzle.engine.jinja.TemplateException;

/**
 * The field of a record that is a document: a string, or the messages of a conversation, which the
 * parent's chat template turns into one.
 *
 * @param name with points where it lies in other fields: {@code meta.body}
 * @param chat what makes a text of messages
 */
record RecordField(String name, Conversations chat) {

  /** Makes a text of a conversation. */
  interface Conversations {
    /**
     * @param messages maps with the fields of JSON objects, as the template reads them
     */
    String text(List<Object> messages);
  }

  /** For texts that no model stands behind. */
  static final Conversations NO_CHAT =
      messages -> {
        throw new TemplateException("it is a conversation, and no chat template is at hand");
      };

  static final JsonFactory JSON =
      new ObjectMapper(
              JsonFactory.builder()
                  .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(64)
                          .maxStringLength(8 * TextFile.MAX_DOCUMENT)
                          .build())
                  .build())
          .enable(DeserializationFeature.USE_LONG_FOR_INTS)
          .getFactory();

  String[] path() {
    return name.split("\\.", -1);
  }

  /**
   * Reads an object, whose beginning was read, to its end.
   *
   * @return the document, empty for null; null if the field is absent or of another type
   * @throws TemplateException if it is a conversation that cannot be made a text
   */
  String read(JsonParser json) throws IOException {
    return read(json, path(), 0);
  }

  private String read(JsonParser json, String[] path, int depth) throws IOException {
    String document = null;
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      boolean wanted = json.currentName().equals(path[depth]);
      JsonToken value = json.nextToken();
      if (!wanted) {
        json.skipChildren();
      } else if (depth + 1 < path.length) {
        if (value == JsonToken.START_OBJECT) {
          document = read(json, path, depth + 1);
        } else {
          json.skipChildren();
        }
      } else if (value == JsonToken.VALUE_STRING) {
        document = json.getText();
      } else if (value == JsonToken.VALUE_NULL) {
        document = "";
      } else if (value == JsonToken.START_ARRAY) {
        document = conversation(json.readValueAs(List.class));
      } else {
        json.skipChildren();
      }
    }
    return document;
  }

  /** A text of messages; null if these are none. */
  String conversation(List<?> values) {
    List<Object> messages = new ArrayList<>(values);
    boolean sound =
        !messages.isEmpty()
            && messages.stream()
                .allMatch(m -> m instanceof Map<?, ?> map && map.containsKey("role"));
    return sound ? chat.text(messages) : null;
  }

  /** What to say of a record without it. */
  String missing() {
    return "no text and no messages in field \"%s\"".formatted(name);
  }
}
