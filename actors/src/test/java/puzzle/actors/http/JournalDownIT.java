package puzzle.actors.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.ConfigFactory;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.actors.FakeEngine;

/** A node whose journal is nowhere to be found. */
class JournalDownIT {

  @TempDir Path folder;

  @Test
  void ordersAreRefusedWithAWordOnWhenToTryAgain() throws Exception {
    try (Served served =
        new Served(
            folder,
            1,
            new FakeEngine(),
            ConfigFactory.parseString(
                """
                puzzle { journal = cassandra, cassandra.contact-points = ["127.0.0.1:1"] }
                """))) {
      HttpResponse<String> answer = served.post("/api/v1/runs/any/pause", "{}");
      assertEquals(503, answer.statusCode(), answer.body());
      assertTrue(answer.headers().firstValueAsLong("Retry-After").orElse(0) > 0);
      assertTrue(answer.body().contains("Maybe the journal is down"), answer.body());
      HttpResponse<String> health =
          served.client.send(
              served.request("/health").build(), HttpResponse.BodyHandlers.ofString());
      assertEquals(200, health.statusCode(), "the process is well");
    }
  }
}
