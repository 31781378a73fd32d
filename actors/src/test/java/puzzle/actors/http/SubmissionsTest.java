package puzzle.actors.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.actors.FakeEngine;
import puzzle.model.Outcome;

class SubmissionsTest {

  @TempDir Path folder;

  @Test
  void aRunFileThatTheNodeCanReadBeginsARunAndOnceMoreChangesNothing() throws Exception {
    Files.createDirectories(folder.resolve("parent"));
    Files.writeString(folder.resolve("text.txt"), "words");
    Path file =
        Files.writeString(
            folder.resolve("small.yaml"),
            """
            apiVersion: puzzle/v1
            name: small
            parent: parent
            store: %s
            corpus: {source: text.txt}
            space: {attention: [kv-8, kv-2], ffn: [ffn-640, ffn-160]}
            target:
              workload: {batch: 4, prefill: 64, generate: 16}
              limits: {throughput: 1.2 x parent}
            """
                .formatted(folder.resolve("store")));
    try (Served served = new Served(folder, 2, new FakeEngine())) {
      for (int i = 0; i < 2; i++) {
        HttpResponse<String> answer = submit(served, file.toString());
        assertEquals(200, answer.statusCode(), answer.body());
        assertEquals("small", Served.JSON.readTree(answer.body()).path("run").asText());
      }
      assertEquals(Outcome.Kind.DONE, served.outcome().kind());
      assertEquals("small", served.get("/api/v1/runs").at("/runs/0/run").asText());
      refused(submit(served, "small.yaml"), "absolute");
      refused(submit(served, folder.resolve("none.yaml").toString()), "no such file");
      Files.writeString(file, Files.readString(file).replace("kv-2", "kv-2, kv-two"));
      refused(submit(served, file.toString()), "small.yaml:6:");
    }
  }

  private static HttpResponse<String> submit(Served served, String file) throws Exception {
    return served.post("/api/v1/runs", "{\"file\": \"" + file + "\"}");
  }

  private static void refused(HttpResponse<String> answer, String why) throws Exception {
    assertEquals(400, answer.statusCode(), answer.body());
    JsonNode problem = Served.JSON.readTree(answer.body());
    assertEquals("/file", problem.path("pointer").asText());
    assertTrue(problem.path("detail").asText().contains(why), answer.body());
  }
}
