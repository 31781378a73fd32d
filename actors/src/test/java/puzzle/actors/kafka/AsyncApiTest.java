package puzzle.actors.kafka;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class AsyncApiTest {

  /** {@code -Dasyncapi.write=true} writes the document anew. */
  @Test
  void theShippedDocumentIsWhatTheEventsClassesSay() throws Exception {
    ObjectMapper json = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    if (Boolean.getBoolean("asyncapi.write")) {
      Files.writeString(
          Path.of("src/main/resources/asyncapi/puzzle-v1.json"),
          json.writeValueAsString(AsyncApiDocument.generate()) + "\n");
      return;
    }
    try (InputStream in = getClass().getResourceAsStream("/asyncapi/puzzle-v1.json")) {
      assertEquals(json.readTree(in), json.readTree(AsyncApiDocument.generate().toString()));
    }
  }
}
