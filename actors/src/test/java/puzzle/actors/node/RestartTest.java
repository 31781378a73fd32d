package puzzle.actors.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.actors.Examples;
import puzzle.actors.FakeEngine;
import puzzle.model.Failure;
import puzzle.model.Limit;
import puzzle.model.Outcome;
import puzzle.model.RunSpec;
import puzzle.protocol.Feed;
import puzzle.protocol.Run;

class RestartTest {

  @TempDir Path folder;

  @Test
  void onTwoDevicesAndStoppedInEveryPhaseARunEndsLikeOnOneUndisturbed() throws Exception {
    RunSpec calm = twoStage(folder.resolve("calm"));
    JsonNode expected;
    try (Drive drive = new Drive(calm, 3, 1, new FakeEngine())) {
      assertEquals(Outcome.Kind.DONE, drive.outcome().kind());
      expected = drive.summary();
    }
    RunSpec spec = twoStage(folder.resolve("stopped"));
    List<String> ran = new ArrayList<>();
    for (String key :
        List.of(
            "record",
            "bld/1/kv-2",
            "score/2/kv-2\\+ffn-160",
            "bld/.*\\+.*",
            "score/.*/coupled",
            "evaluate/candidate-2",
            "evaluate/greedy",
            "gkd/1/1",
            "gkd")) {
      CountDownLatch reached = new CountDownLatch(1);
      FakeEngine engine =
          new FakeEngine(
              (task, monitor) -> {
                boolean here = task.key().matches(key);
                if (here) {
                  reached.countDown();
                }
                long millis = here ? 60_000 : 20;
                FakeEngine.lasting(millis).before(task, monitor);
              });
      try (Drive drive = new Drive(spec, 3, 2, engine)) {
        assertInstanceOf(Run.Accepted.class, drive.answer);
        assertTrue(reached.await(120, TimeUnit.SECONDS), key);
      }
      ran.addAll(engine.ran());
    }
    FakeEngine engine = new FakeEngine();
    try (Drive drive = new Drive(spec, 3, 2, engine)) {
      assertEquals(Outcome.Kind.DONE, drive.outcome().kind());
      JsonNode summary = drive.summary();
      for (String part :
          List.of(
              "/solution", "/candidates", "/child", "/child_before_gkd", "/baselines", "/gkd")) {
        assertEquals(expected.at(part), summary.at(part), part);
      }
    }
    ran.addAll(engine.ran());
    assertTrue(
        ran.size() - new HashSet<>(ran).size() <= 24,
        "at most the tasks in flight at each stop are done again: " + ran);
    assertEquals(
        Files.readString(folder.resolve("calm/scores.csv")),
        Files.readString(folder.resolve("stopped/scores.csv")));
  }

  private static RunSpec twoStage(Path folder) {
    return Examples.with(Examples.small(folder), RunSpec.Bld.Mode.TWO_STAGE);
  }

  @Test
  void theCandidateThatMeasuresBestIsTakenWhateverItsSum() throws Exception {
    RunSpec spec = Examples.small(folder);
    FakeEngine engine = new FakeEngine();
    try (Drive drive = new Drive(spec, 3, 2, engine)) {
      assertEquals(Outcome.Kind.DONE, drive.outcome().kind());
      JsonNode summary = drive.summary();
      JsonNode candidates = summary.path("candidates");
      assertEquals(spec.scoring().candidates(), candidates.size());
      List<Double> sums = new ArrayList<>();
      List<Double> measured = new ArrayList<>();
      HashSet<JsonNode> distinct = new HashSet<>();
      int taken = -1;
      for (int i = 0; i < candidates.size(); i++) {
        sums.add(candidates.get(i).path("objective").asDouble());
        measured.add(candidates.get(i).path("measured").asDouble());
        assertTrue(distinct.add(candidates.get(i).path("choices")), "candidate " + i);
        if (candidates.get(i).path("taken").asBoolean()) {
          taken = i;
        }
      }
      assertEquals(sums.stream().sorted().toList(), sums, "in the order of their sums");
      assertEquals(measured.indexOf(java.util.Collections.min(measured)), taken);
      assertTrue(taken > 0, "with this seed the least sum is not the least whole");
      assertEquals(candidates.get(taken).path("choices"), summary.at("/solution/choices"));
      assertTrue(Files.exists(folder.resolve("solutions/candidate-2.json")));
    }
  }

  @Test
  void aCandidateThatCannotBeMeasuredIsPassedOver() throws Exception {
    RunSpec spec = Examples.small(folder);
    FakeEngine engine =
        new FakeEngine(FakeEngine.failing("evaluate/candidate-1", 99, Failure.Kind.DEFECT));
    try (Drive drive = new Drive(spec, 3, 1, engine)) {
      assertEquals(Outcome.Kind.QUARANTINED, drive.outcome().kind());
      JsonNode candidates = drive.summary().path("candidates");
      assertTrue(candidates.at("/0/measured").isNull());
      assertEquals(false, candidates.at("/0/taken").asBoolean());
      assertTrue(drive.summary().path("child").isObject());
    }
  }

  @Test
  void aTaskThatAlwaysFailsIsGivenUpAndTheRunSaysSo() throws Exception {
    RunSpec spec = Examples.small(folder);
    FakeEngine engine = new FakeEngine(FakeEngine.failing("bld/1/kv-2", 99, Failure.Kind.DEFECT));
    try (Drive drive = new Drive(spec, 3, 2, engine)) {
      assertEquals(Outcome.Kind.QUARANTINED, drive.outcome().kind());
      assertEquals(
          spec.retries().attempts(),
          drive.facts.stream()
              .filter(f -> f instanceof Feed.AttemptFailed a && a.key().equals("bld/1/kv-2"))
              .count());
      assertEquals(1, drive.summary().at("/quarantined").size());
      assertTrue(engine.ran().stream().noneMatch(k -> k.startsWith("score/1/kv-2")));
    }
  }

  @Test
  void aTaskThatFailsOnceIsTriedAgainAndAVariantThatDivergedIsAResult() throws Exception {
    RunSpec spec = Examples.small(folder);
    FakeEngine.Script heal = FakeEngine.failing("gkd", 1, Failure.Kind.OUT_OF_MEMORY);
    FakeEngine.Script diverged = FakeEngine.failing("bld/0/ffn-160", 99, Failure.Kind.DIVERGED);
    FakeEngine engine =
        new FakeEngine(
            (task, monitor) -> {
              heal.before(task, monitor);
              diverged.before(task, monitor);
            });
    try (Drive drive = new Drive(spec, 3, 2, engine)) {
      assertEquals(Outcome.Kind.DONE, drive.outcome().kind());
    }
  }

  @Test
  void limitsThatCannotBeMetEndTheRunBeforeAnythingIsTrained() throws Exception {
    RunSpec spec = Examples.spec(folder, Examples.small(folder).space(), 1000);
    FakeEngine engine = new FakeEngine();
    try (Drive drive = new Drive(spec, 3, 2, engine)) {
      assertEquals(Outcome.Kind.INFEASIBLE, drive.outcome().kind());
      JsonNode why = drive.summary().at("/infeasible");
      assertTrue(why.at("/conflict/0").asText().startsWith("throughput"), why::toString);
      assertTrue(
          engine.ran().stream().noneMatch(k -> k.startsWith("bld") || k.startsWith("score")));
      double feasible = why.at("/relaxations/0/feasible").asDouble();
      assertTrue(feasible > 0 && feasible < why.at("/relaxations/0/given").asDouble());
    }
    assertEquals(Limit.Stat.THROUGHPUT, spec.target().goals().get(0).limits().get(0).stat());
  }

  @Test
  void inputThatIsNotUsableEndsTheRunWithoutRetries() throws Exception {
    RunSpec spec = Examples.small(folder);
    FakeEngine engine =
        new FakeEngine(FakeEngine.failing("record", 99, Failure.Kind.INVALID_INPUT));
    try (Drive drive = new Drive(spec, 3, 2, engine)) {
      assertEquals(Outcome.Kind.INVALID_INPUT, drive.outcome().kind());
      assertEquals(List.of(), engine.ran().stream().filter(k -> k.equals("record")).toList());
    }
  }

  @Test
  void anotherRunFileForTheSameStoreIsRefused() throws Exception {
    RunSpec spec = Examples.small(folder);
    try (Drive drive = new Drive(spec, 3, 1, new FakeEngine())) {
      assertInstanceOf(Run.Accepted.class, drive.answer);
    }
    try (Drive drive = new Drive(spec, 3, 1, new FakeEngine(), Examples.QUICK, "other")) {
      Run.Refused refused = assertInstanceOf(Run.Refused.class, drive.answer);
      assertTrue(refused.reason().contains("--fresh"), refused.reason());
    }
  }
}
