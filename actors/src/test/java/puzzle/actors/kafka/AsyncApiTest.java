package puzzle.actors.kafka;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import puzzle.actors.Samples;
import puzzle.actors.feed.JournalFact;
import puzzle.actors.feed.Position;
import puzzle.persistence.GkdEvent;
import puzzle.persistence.LayerEvent;
import puzzle.persistence.RunEvent;

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

  @Test
  void anEventOfEveryKindIsAsTheDocumentSaysOnceItIsACloudEvent() {
    PublishedSchemas published = new PublishedSchemas();
    Samples samples = new Samples(null);
    int kinds = 0;
    for (Class<?> root : List.of(RunEvent.class, LayerEvent.class, GkdEvent.class)) {
      for (Object event : samples.all(root)) {
        var fact =
            new JournalFact(Position.START, "Layer|run-1/3", 7, Instant.EPOCH, event).cloudEvent();
        assertEquals(List.of(), published.validate(fact), fact::toString);
        kinds++;
      }
    }
    assertTrue(kinds >= AsyncApiDocument.events().size(), kinds + " kinds");
  }
}
