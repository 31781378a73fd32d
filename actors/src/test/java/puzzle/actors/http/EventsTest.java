package puzzle.actors.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.typesafe.config.ConfigFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.actors.Examples;
import puzzle.actors.FakeEngine;
import puzzle.model.Outcome;
import puzzle.model.RunSpec;
import puzzle.model.Task;

/** A run's facts over HTTP. */
class EventsTest {

  private static final String RUN = "/api/v1/runs/example";

  @TempDir Path folder;

  @Test
  void twentyReconnectsLoseAndDoubleNothing() throws Exception {
    RunSpec spec = Examples.small(folder);
    SplittableRandom random = new SplittableRandom(11);
    // A window far smaller than the run: most reconnects go through the journal.
    try (Served served =
        new Served(
            folder,
            2,
            new FakeEngine(FakeEngine.lasting(5)),
            ConfigFactory.parseString("puzzle.feed.window = 16"))) {
      served.start(spec, 3);
      List<Served.Event> pieces = new ArrayList<>();
      String after = "0";
      for (int i = 0; i < 20; i++) {
        int count = 1 + random.nextInt(8);
        List<Served.Event> piece = new ArrayList<>();
        served.events(
            "example",
            after,
            e -> {
              if (!e.id().isEmpty()) {
                piece.add(e);
              }
              return piece.size() == count;
            });
        pieces.addAll(piece);
        after = piece.isEmpty() ? after : piece.get(piece.size() - 1).id();
      }
      pieces.addAll(toTheEnd(served, after));
      assertEquals(Outcome.Kind.DONE, served.outcome().kind());
      List<Served.Event> whole = toTheEnd(served, "0");
      assertEquals(whole, pieces);
      List<String> ids = whole.stream().map(e -> e.data().path("id").asText()).toList();
      assertEquals(ids.size(), new HashSet<>(ids).size(), "no fact twice");
      assertEquals("run-started", whole.get(0).type());
    }
  }

  @Test
  void aSnapshotAndTheEventsAfterItTellTheWholeRun() throws Exception {
    RunSpec spec = Examples.small(folder);
    CompletableFuture<Void> looked = new CompletableFuture<>();
    FakeEngine engine =
        new FakeEngine(
            FakeEngine.telling(
                (task, monitor) -> {
                  if (task instanceof Task.Export) {
                    looked.join();
                  }
                }));
    try (Served served = new Served(folder, 2, engine)) {
      served.start(spec, 3);
      served.events("example", "0", e -> e.type().equals("incumbent-found"));
      JsonNode middle = served.get(RUN);
      assertTrue(middle.path("outcome").isNull(), "nothing is exported before this was looked at");
      looked.complete(null);
      List<Served.Event> rest =
          served.events(
              "example", middle.path("position").asText(), e -> e.type().equals("run-ended"));
      JsonNode end = served.get(RUN);
      long done = 0;
      for (Served.Event e : rest) {
        done += e.type().equals("task-finished") ? 1 : 0;
      }
      assertEquals(count(end, "done"), count(middle, "done") + done);
      assertEquals("DONE", end.at("/outcome/kind").asText());
      assertEquals(3, end.path("chosen").path("architecture").size());
      assertTrue(end.path("incumbents").size() > 0);
      assertEquals(1.5, end.at("/spec/target/goals/0/limits/0/value").asDouble());
      assertEquals("run-started", end.at("/history/0/type").asText());
      assertEquals("up", end.at("/live/members/0/status").asText());
      assertTrue(end.at("/live/journal/ok").asBoolean());
    }
    // Everything came from the journal: another node on the same journal says the same.
    try (Served served = new Served(folder, 1, new FakeEngine())) {
      JsonNode again = served.get(RUN);
      assertEquals("DONE", again.at("/outcome/kind").asText());
      assertTrue(again.path("incumbents").size() > 0);
      assertEquals("example", served.get("/api/v1/runs").at("/runs/0/run").asText());
    }
  }

  @Test
  void aWhatIfSolvesWithOtherLimitsAndChangesNothing() throws Exception {
    RunSpec spec = Examples.small(folder);
    try (Served served = new Served(folder, 2, new FakeEngine())) {
      served.start(spec, 3);
      served.outcome();
      JsonNode before = served.get(RUN);
      String limit = "{\"limits\":[{\"stat\":\"throughput\",\"value\":%s,\"times_parent\":true}]}";
      JsonNode fast =
          Served.JSON.readTree(served.post(RUN + "/what-if", limit.formatted("2.5")).body());
      JsonNode slow =
          Served.JSON.readTree(served.post(RUN + "/what-if", limit.formatted("1.01")).body());
      assertTrue(fast.path("feasible").asBoolean(), fast::toString);
      assertTrue(
          fast.at("/architecture/objective").asDouble()
              > slow.at("/architecture/objective").asDouble());
      JsonNode never =
          Served.JSON.readTree(served.post(RUN + "/what-if", limit.formatted("1e6")).body());
      assertTrue(never.at("/infeasible/relaxations/0/feasible").asDouble() > 0, never::toString);
      JsonNode front = served.get(RUN + "/front?points=8").path("front");
      assertTrue(front.size() >= 3, front::toString);
      for (int i = 1; i < front.size(); i++) {
        assertTrue(
            front.get(i).path("throughput").asDouble()
                > front.get(i - 1).path("throughput").asDouble(),
            "from slow to fast");
      }
      assertEquals(before.path("position"), served.get(RUN).path("position"));
    }
  }

  /** Facts after a position up to the run's end; one that is cut off for being slow comes back. */
  private static List<Served.Event> toTheEnd(Served served, String after) throws Exception {
    List<Served.Event> facts = new ArrayList<>();
    while (facts.isEmpty() || !facts.get(facts.size() - 1).type().equals("run-ended")) {
      String from = facts.isEmpty() ? after : facts.get(facts.size() - 1).id();
      served.events(
          "example",
          from,
          e -> {
            if (!e.id().isEmpty()) {
              facts.add(e);
            }
            return e.type().equals("run-ended");
          });
    }
    return facts;
  }

  private static long count(JsonNode snapshot, String state) {
    long count = 0;
    for (JsonNode task : snapshot.path("tasks")) {
      count += task.path("state").asText().equals(state) ? 1 : 0;
    }
    return count;
  }
}
