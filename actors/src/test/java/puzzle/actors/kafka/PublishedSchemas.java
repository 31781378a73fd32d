package puzzle.actors.kafka;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The schemas of the shipped AsyncAPI document, by type of event. */
public final class PublishedSchemas {

  private final Map<String, Schema> byType = new HashMap<>();

  public PublishedSchemas() {
    SchemaRegistry registry = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
    try (InputStream in = getClass().getResourceAsStream("/asyncapi/puzzle-v1.json")) {
      JsonNode document = new ObjectMapper().readTree(in);
      for (JsonNode message : document.path("components").path("messages")) {
        ObjectNode schema = message.path("payload").deepCopy();
        schema.set("components", document.path("components"));
        byType.put(message.path("name").asText(), registry.getSchema(schema));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What is wrong with a CloudEvent that was really sent. */
  public List<Error> validate(JsonNode event) {
    Schema schema = byType.get(event.path("type").asText());
    if (schema == null) {
      throw new AssertionError("no message of that type in the document: " + event);
    }
    return schema.validate(event);
  }
}
