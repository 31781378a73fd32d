package puzzle.actors.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.actors.Examples;
import puzzle.actors.FakeEngine;
import puzzle.actors.kafka.PublishedSchemas;

/** What is really answered and sent, against the OpenAPI and AsyncAPI documents. */
class ContractTest {

  private static final String RUN = "/api/v1/runs/example";

  @TempDir Path folder;

  @Test
  void everyOperationAnswersAsTheDocumentSaysAndEveryFactSentIsInBothDocuments() throws Exception {
    AtomicBoolean open = new AtomicBoolean();
    FakeEngine engine =
        new FakeEngine(
            (task, monitor) -> {
              while (task.key().startsWith("score") && !open.get() && !monitor.cancelled()) {
                FakeEngine.lasting(5).before(task, monitor);
              }
            });
    try (Served served = new Served(folder, 1, engine)) {
      served.start(Examples.small(folder), 2);
      served.events(
          "example",
          "0",
          e -> e.type().equals("build-ordered") && e.data().path("layer").asInt() == 1);
      for (String path :
          new String[] {"/health", "/ready", "/openapi.json", "/api/v1/me", "/api/v1/runs", RUN}) {
        served.get(path);
      }
      text(served, "/metrics");
      served.get(RUN + "/front?points=4");
      String token = "{\"token\":\"" + served.http.tokens().viewer() + "\"}";
      good(served.post("/api/v1/login", token));
      good(served.post("/api/v1/logout", "{}"));
      good(served.post(RUN + "/what-if", "{\"limits\":[]}"));
      String never = "{\"limits\":[{\"stat\":\"throughput\",\"value\":1e6,\"times_parent\":true}]}";
      assertTrue(good(served.post(RUN + "/what-if", never)).has("infeasible"));
      store(served);
      worker(served);
      good(served.post(RUN + "/pause", "{}"));
      good(served.post(RUN + "/resume", "{}"));
      String limit = "{\"limits\":[{\"stat\":\"memory\",\"value\":0.95,\"times_parent\":true}]}";
      good(served.post(RUN + "/retarget", limit));
      open.set(true);
      served.outcome();
      good(served.post(RUN + "/retry", "{}"));
      submitted(served);
      facts(served);
    }
    Set<String> missing = new TreeSet<>(Served.CONTRACT.operations());
    Served.CONTRACT.answered().stream()
        .filter(a -> a.startsWith("2"))
        .forEach(a -> missing.remove(a.substring(4)));
    // Its answer has no end; what it sends is looked at above.
    missing.remove("GET /api/v1/runs/{id}/events");
    assertEquals(Set.of(), missing);
  }

  private static void store(Served served) throws Exception {
    JsonNode ref =
        good(
            served.send(
                served
                    .request(RUN + "/artefacts?path=external/a.bin")
                    .PUT(HttpRequest.BodyPublishers.ofString("abc"))
                    .build()));
    assertEquals(3, ref.path("bytes").asInt());
    assertEquals("abc", text(served, RUN + "/artefacts?path=external/a.bin"));
    String body =
        "{\"source\":\"lab\",\"scores\":[{\"id\":\"s\",\"layer\":0,\"block\":\"kv-8+ffn-160\","
            + "\"value\":0.5},{\"id\":\"t\",\"layer\":0,\"block\":\"kv-3+ffn-160\",\"value\":1}],"
            + "\"costs\":[{\"id\":\"c\",\"variant\":\"kv-2\",\"prefill_seconds\":0.001,"
            + "\"decode_seconds\":0.0001}]}";
    JsonNode receipts = good(served.post(RUN + "/measurements", body));
    assertEquals(2, receipts.path("recorded").asInt(), receipts::toString);
    assertEquals(1, receipts.path("refused").asInt(), receipts::toString);
  }

  private static void worker(Served served) throws Exception {
    String worker = "/api/v1/workers/w1";
    for (String end : new String[] {"complete", "fail"}) {
      JsonNode lease = null;
      long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(40);
      while (lease == null) {
        assertTrue(System.nanoTime() < until, "no task to lease");
        HttpResponse<String> answer =
            served.post(worker + "/lease", "{\"accepts\":[\"score\"],\"wait_seconds\":5}");
        lease = answer.statusCode() == 200 ? Served.JSON.readTree(answer.body()) : null;
      }
      String id = "{\"lease\":\"" + lease.path("lease").asText() + "\"";
      good(served.post(worker + "/heartbeat", id + ",\"done\":1,\"total\":2,\"loss\":0.5}"));
      String rest =
          end.equals("complete")
              ? ",\"result\":{\"@type\":\"scored\",\"score\":{\"value\":0.02,"
                  + "\"standard_error\":0.001,\"kind\":\"MEASURED\"}}}"
              : ",\"kind\":\"TIMED_OUT\",\"message\":\"too slow\"}";
      good(served.post(worker + "/" + end, id + rest));
    }
    HttpResponse<String> none =
        served.post("/api/v1/workers/w2/lease", "{\"accepts\":[\"export\"],\"wait_seconds\":0}");
    assertEquals(204, none.statusCode());
  }

  private void submitted(Served served) throws Exception {
    Files.createDirectories(folder.resolve("parent"));
    Files.writeString(folder.resolve("text.txt"), "words");
    Path file =
        Files.writeString(
            folder.resolve("second.yaml"),
            """
            apiVersion: puzzle/v1
            name: second
            parent: parent
            store: %s
            corpus: {source: text.txt}
            space: {attention: [kv-8, kv-2], ffn: [ffn-640, ffn-160]}
            target:
              workload: {batch: 4, prefill: 64, generate: 16}
              limits: {throughput: 1.2 x parent}
            """
                .formatted(folder.resolve("second")));
    good(served.post("/api/v1/runs", "{\"file\":\"" + file + "\"}"));
    good(served.post("/api/v1/runs/second/cancel", "{\"reason\":\"enough\"}"));
  }

  private static void facts(Served served) throws Exception {
    PublishedSchemas published = new PublishedSchemas();
    Set<String> types = new TreeSet<>();
    served.events(
        "example",
        "0",
        e -> {
          String schema = e.type().equals("live") ? "Live" : "Fact";
          assertEquals(
              java.util.List.of(), Served.CONTRACT.validate(schema, e.data()), e.data()::toString);
          if (!e.type().equals("live")) {
            assertEquals("io.puzzle4j." + e.type(), e.data().path("type").asText());
            assertEquals(java.util.List.of(), published.validate(e.data()), e.data()::toString);
            types.add(e.type());
          }
          return e.type().equals("run-ended");
        });
    assertTrue(types.contains("costs-delivered") && types.contains("retargeted"), types::toString);
  }

  private static String text(Served served, String path) throws Exception {
    HttpResponse<String> answer = served.send(served.request(path).build());
    assertEquals(200, answer.statusCode(), answer.body());
    return answer.body();
  }

  private static JsonNode good(HttpResponse<String> answer) throws Exception {
    assertEquals(200, answer.statusCode(), answer.body());
    return Served.JSON.readTree(answer.body());
  }
}
