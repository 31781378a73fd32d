package puzzle.actors.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.actors.Examples;
import puzzle.actors.FakeEngine;
import puzzle.actors.simulation.SimulatedResults;
import puzzle.actors.solver.BatchSolve;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.CostDelivery;
import puzzle.model.Outcome;
import puzzle.model.RunSpec;
import puzzle.model.ScoredBlock;
import puzzle.model.Task;
import puzzle.model.TaskResult;

/** Results that another system delivers, and tasks that another system's worker does. */
class DeliveryTest {

  private static final String RUN = "/api/v1/runs/example";

  @TempDir Path folder;

  @Test
  void deliveredScoresAreOnRecordOnceAndTheSolverUsesThemAtOnce() throws Exception {
    RunSpec spec = Examples.small(folder);
    AtomicBoolean open = new AtomicBoolean();
    // Nothing is trained or scored here before the gate opens: all scores come from outside.
    FakeEngine engine =
        new FakeEngine(
            (task, monitor) -> {
              boolean ours = task.key().startsWith("bld") || task.key().startsWith("score");
              while (ours && !open.get() && !monitor.cancelled()) {
                FakeEngine.lasting(5).before(task, monitor);
              }
            });
    try (Served served = new Served(folder, 1, engine)) {
      served.start(spec, 3);
      served.events(
          "example",
          "0",
          e -> e.type().equals("build-ordered") && e.data().path("layer").asInt() == 2);
      ObjectNode body = Served.JSON.createObjectNode().put("source", "lab");
      ArrayNode scores = body.putArray("scores");
      int n = 0;
      for (int layer = 0; layer < 3; layer++) {
        for (Block block : spec.space().blocks()) {
          if (!block.equals(spec.space().parent())) {
            scores
                .addObject()
                .put("id", "m-" + n)
                .put("layer", layer)
                .put("block", block.name())
                .put("value", 0.01 * (1 + n % 7));
            n++;
          }
        }
      }
      JsonNode first = delivered(served, body);
      assertEquals(n, first.path("recorded").asInt(), first::toString);
      assertEquals(n, delivered(served, body).path("duplicate").asInt());
      body.put("source", "other");
      JsonNode late = delivered(served, body);
      assertEquals(n, late.path("kept").asInt());
      assertTrue(late.at("/receipts/0/reason").asText().contains("external/lab"), late::toString);
      // Every score the incumbent is made of was delivered.
      served.events(
          "example",
          "0",
          e ->
              e.type().equals("incumbent-found")
                  && e.data().at("/data/incumbent/measured").asInt() == n(spec));
      open.set(true);
      assertEquals(Outcome.Kind.DONE, served.outcome().kind());
      assertTrue(
          engine.ran().stream().noneMatch(k -> k.startsWith("score/")), "none was measured here");
      JsonNode end = served.get(RUN);
      double sum = 0;
      int layer = 0;
      for (JsonNode block : end.at("/chosen/architecture")) {
        for (JsonNode s : scores) {
          if (s.path("layer").asInt() == layer && s.path("block").asText().equals(block.asText())) {
            sum += s.path("value").asDouble();
          }
        }
        layer++;
      }
      assertEquals(sum, end.at("/chosen/objective").asDouble(), 1e-12);
    }
  }

  @Test
  void deliveredCostsTakeThePlaceOfTheProfilesAndTheSolverChoosesByThem() throws Exception {
    RunSpec spec = Examples.small(folder);
    AtomicBoolean open = new AtomicBoolean();
    FakeEngine engine =
        new FakeEngine(
            (task, monitor) -> {
              boolean last = task.key().equals("score/2/kv-2+ffn-160");
              while (last && !open.get() && !monitor.cancelled()) {
                FakeEngine.lasting(5).before(task, monitor);
              }
            });
    // Attention with two heads is said to cost next to nothing.
    CostDelivery cheap =
        new CostDelivery("c-1", "lab", "b4-p64-g16", "kv-2", 1e-6, 1e-7, 10L, 20L, 0.01);
    TaskResult.Profiled own =
        (TaskResult.Profiled) SimulatedResults.of(spec, new Task.Profile(Examples.WORKLOAD));
    String body =
        "{\"source\":\"lab\",\"costs\":[{\"id\":\"c-1\",\"variant\":\"kv-2\","
            + "\"prefill_seconds\":1e-6,\"decode_seconds\":1e-7,\"weight_bytes\":10,"
            + "\"kv_bytes\":20,\"relative_spread\":0.01}]}";
    try (Served served = new Served(folder, 2, engine)) {
      served.start(spec, 3);
      served.events("example", "0", e -> e.type().equals("incumbent-found"));
      JsonNode first = delivered(served, Served.JSON.readTree(body));
      assertEquals("recorded", first.at("/receipts/0/outcome").asText(), first::toString);
      // Nothing else is new, and still the solver has another incumbent.
      served.events(
          "example",
          "0",
          e ->
              e.type().equals("incumbent-found")
                  && e.data().at("/data/incumbent/cost/kv_bytes").asLong()
                      == own.with(List.of(cheap)).cost(architecture(e)).kvBytes()
                  && e.data().at("/data/incumbent/architecture").toString().contains("kv-2"));
      assertEquals(1, delivered(served, Served.JSON.readTree(body)).path("duplicate").asInt());
      String other = body.replace("lab", "other");
      JsonNode late = delivered(served, Served.JSON.readTree(other));
      assertEquals(1, late.path("kept").asInt());
      assertTrue(late.at("/receipts/0/reason").asText().contains("external/lab#c-1"));
      for (String wrong : List.of("kv-3", "ffn", "b4")) {
        JsonNode refused = delivered(served, Served.JSON.readTree(other.replace("kv-2", wrong)));
        assertEquals(1, refused.path("refused").asInt(), refused::toString);
        assertTrue(refused.at("/receipts/0/reason").asText().contains("kv-2"), wrong);
      }
      for (String bad : List.of("-1", "null", "\"1 s\"", "1e999")) {
        assertEquals(
            400, served.post(RUN + "/measurements", body.replace("1e-7", bad)).statusCode(), bad);
      }
      assertEquals(
          400, served.post(RUN + "/measurements", body.replace("_seconds", "_ms")).statusCode());
      open.set(true);
      assertEquals(Outcome.Kind.DONE, served.outcome().kind());
      assertEquals(1, delivered(served, Served.JSON.readTree(body)).path("duplicate").asInt());
      JsonNode over =
          delivered(served, Served.JSON.readTree(body.replace("kv-2", "kv-8").replace("c-1", "d")));
      assertEquals(1, over.path("refused").asInt(), over::toString);
    }
    // All of it was in the journal, and the choice is that of the table with the cost in it.
    try (Served served = new Served(folder, 1, new FakeEngine())) {
      JsonNode end = served.get(RUN);
      Map<Integer, List<ScoredBlock>> scores = new TreeMap<>();
      for (int layer = 0; layer < 3; layer++) {
        for (Block block : spec.space().blocks()) {
          if (!block.equals(spec.space().parent())) {
            TaskResult.BlockScored scored =
                (TaskResult.BlockScored)
                    SimulatedResults.of(spec, new Task.ScoreBlock(layer, block, false, null, null));
            scores
                .computeIfAbsent(layer, l -> new ArrayList<>())
                .add(new ScoredBlock(block, scored.score()));
          }
        }
      }
      double best = BatchSolve.of(spec, 3, List.of(own.with(List.of(cheap))), scores).objective();
      double chosen = Double.NaN;
      for (JsonNode line : end.path("history")) {
        if (line.path("type").asText().equals("architecture-chosen")) {
          chosen = line.at("/data/incumbent/objective").asDouble();
        }
      }
      assertEquals(best, chosen, 1e-12);
      assertNotEquals(best, BatchSolve.of(spec, 3, List.of(own), scores).objective());
      assertTrue(
          Files.readString(folder.resolve("profile.csv"))
              .contains("b4-p64-g16,kv-2,1.0E-6,1.0E-7,10,20,"));
      assertTrue(Files.readString(folder.resolve("profile.csv")).contains("\"external/lab#c-1\""));
    }
  }

  private static Architecture architecture(Served.Event event) {
    List<Block> blocks = new ArrayList<>();
    event
        .data()
        .at("/data/incumbent/architecture")
        .forEach(b -> blocks.add(Block.parse(b.asText())));
    return new Architecture(blocks);
  }

  @Test
  void aDeliveryForNothingIsRefusedAndOneOfAMissingFileToo() throws Exception {
    try (Served served = new Served(folder, 1, new FakeEngine(FakeEngine.lasting(50)))) {
      served.start(Examples.small(folder), 2);
      served.events(
          "example",
          "0",
          e -> e.type().equals("build-ordered") && e.data().path("layer").asInt() == 1);
      JsonNode answer =
          Served.JSON.readTree(
              served
                  .post(
                      RUN + "/measurements",
                      "{\"source\":\"lab\",\"scores\":[{\"id\":\"a\",\"layer\":0,\"block\":"
                          + "\"kv-4+ffn-640\",\"value\":0.5}]}")
                  .body());
      assertEquals(1, answer.path("refused").asInt(), answer::toString);
      HttpResponse<String> missing =
          served.post(
              RUN + "/measurements",
              ("{\"source\":\"lab\",\"variants\":[{\"id\":\"v\",\"layer\":0,\"variant\":\"kv-2\","
                      + "\"loss_before\":1,\"loss_after\":0.5,\"weights\":{\"path\":\"external/x\","
                      + "\"bytes\":3,\"sha256\":\"%s\"}}]}")
                  .formatted("0".repeat(64)));
      assertEquals(400, missing.statusCode());
      assertTrue(missing.body().contains("/variants/0/weights"), missing.body());
      HttpResponse<String> uploaded =
          served.client.send(
              served
                  .request(RUN + "/artefacts?path=external/kv-2.bin")
                  .PUT(HttpRequest.BodyPublishers.ofString("abc"))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertEquals(200, uploaded.statusCode(), uploaded.body());
      JsonNode ref = Served.JSON.readTree(uploaded.body());
      assertEquals(
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
          ref.path("sha256").asText());
      for (String path :
          new String[] {
            "../../etc/passwd", "/etc/passwd", "./http-tokens", "journal/journal.mv.db", ""
          }) {
        assertEquals(
            400,
            served
                .client
                .send(
                    served
                        .request(
                            RUN
                                + "/artefacts?path="
                                + java.net.URLEncoder.encode(
                                    path, java.nio.charset.StandardCharsets.UTF_8))
                        .build(),
                    HttpResponse.BodyHandlers.ofString())
                .statusCode(),
            path);
      }
    }
  }

  @Test
  void aWorkerOverHttpDoesTheTasksThatItTakesAndALateOneIsFencedOff() throws Exception {
    RunSpec spec = Examples.small(folder);
    CountDownLatch scored = new CountDownLatch(1);
    FakeEngine engine =
        new FakeEngine(
            (task, monitor) -> {
              if (task.key().startsWith("score/")) {
                scored.countDown();
                // Only the worker outside scores.
                FakeEngine.lasting(60_000).before(task, monitor);
              }
            });
    try (Served served =
        new Served(
            folder,
            1,
            engine,
            com.typesafe.config.ConfigFactory.parseString("puzzle.http.worker.silence = 1s"))) {
      served.start(spec, 2);
      JsonNode lost = lease(served, "w1");
      assertTrue(lost.path("key").asText().startsWith("score/"), lost::toString);
      // The first worker is silent: its task goes to another, and what it says later is too late.
      JsonNode again = null;
      while (again == null || !again.path("key").equals(lost.path("key"))) {
        again = lease(served, "w2");
        assertEquals(200, complete(served, "w2", again, 0.02).statusCode());
      }
      assertTrue(again.path("attempt").asInt() > lost.path("attempt").asInt());
      assertEquals(409, complete(served, "w1", lost, 0.9).statusCode());
      HttpResponse<String> wrong =
          served.post(
              "/api/v1/workers/w1/complete",
              "{\"lease\":\"x\",\"result\":{\"@type\":\"scored\",\"score\":{\"value\":\"NaN\"}}}");
      assertEquals(400, wrong.statusCode(), wrong.body());
      JsonNode snapshot = served.get(RUN);
      for (JsonNode task : snapshot.path("tasks")) {
        if (task.path("key").equals(lost.path("key"))) {
          assertEquals(0.02, task.at("/result/score/value").asDouble());
          assertEquals("lost", task.at("/attempts/0/outcome").asText());
        }
      }
    }
  }

  private static int n(RunSpec spec) {
    return 3 * spec.space().blocks().size();
  }

  private static JsonNode delivered(Served served, JsonNode body) throws Exception {
    HttpResponse<String> response = served.post(RUN + "/measurements", body.toString());
    assertEquals(200, response.statusCode(), response.body());
    return Served.JSON.readTree(response.body());
  }

  private static JsonNode lease(Served served, String worker) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(40);
    while (System.nanoTime() < end) {
      HttpResponse<String> response =
          served.post(
              "/api/v1/workers/" + worker + "/lease",
              "{\"accepts\":[\"score\"],\"wait_seconds\":5}");
      if (response.statusCode() == 200) {
        return Served.JSON.readTree(response.body());
      }
      assertEquals(204, response.statusCode(), response.body());
    }
    throw new AssertionError("no task in time");
  }

  private static HttpResponse<String> complete(
      Served served, String worker, JsonNode lease, double value) throws Exception {
    return served.post(
        "/api/v1/workers/" + worker + "/complete",
        "{\"lease\":\"%s\",\"result\":{\"@type\":\"scored\",\"score\":{\"value\":%s,\"standard_error\":0.001,\"kind\":\"MEASURED\"}}}"
            .formatted(lease.path("lease").asText(), value));
  }
}
