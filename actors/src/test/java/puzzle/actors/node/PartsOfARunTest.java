package puzzle.actors.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.actors.Examples;
import puzzle.actors.FakeEngine;
import puzzle.model.Failure;
import puzzle.model.Outcome;
import puzzle.model.Phase;
import puzzle.model.RunSpec;
import puzzle.protocol.Feed;

class PartsOfARunTest {

  @TempDir Path folder;

  /** Two parts each: neither ends before the other has begun, which takes two devices at once. */
  @Test
  void onTwoDevicesPartsRunAtTheSameTimeAndTheRunEndsAsIfUndivided() throws Exception {
    JsonNode expected;
    try (Drive drive = new Drive(Examples.small(folder.resolve("whole")), 3, 1, new FakeEngine())) {
      assertEquals(Outcome.Kind.DONE, drive.outcome().kind());
      expected = drive.summary();
    }
    CyclicBarrier both = new CyclicBarrier(2);
    FakeEngine engine =
        new FakeEngine(
            (task, monitor) -> {
              if (task.key().matches("(record|evaluate/child|export)/[01]")) {
                meet(both);
              }
            });
    try (Drive drive = new Drive(spec("parts", 2), 3, 2, engine)) {
      assertEquals(Outcome.Kind.DONE, drive.outcome().kind());
      for (String part :
          List.of(
              "/solution", "/candidates", "/child", "/child_before_gkd", "/baselines", "/gkd")) {
        assertEquals(expected.at(part), drive.summary().at(part), part);
      }
      List<Feed.PhaseAdvanced> recording =
          drive.facts.stream()
              .filter(f -> f instanceof Feed.PhaseAdvanced a && a.phase() == Phase.RECORD)
              .map(Feed.PhaseAdvanced.class::cast)
              .toList();
      assertTrue(recording.stream().allMatch(f -> f.total() == 4), recording.toString());
      assertTrue(recording.stream().anyMatch(f -> f.done() == 3), recording.toString());
    }
    for (String whole : List.of("record", "evaluate/candidate-1", "evaluate/child", "export")) {
      int at = engine.ran().indexOf(whole);
      assertTrue(engine.ran().indexOf(whole + "/0") < at, engine.ran().toString());
      assertTrue(engine.ran().indexOf(whole + "/1") < at, engine.ran().toString());
    }
    assertEquals(
        "record/tokens",
        engine.ran().stream().filter(k -> k.startsWith("rec")).findFirst().orElseThrow());
  }

  @Test
  void aRunThatStopsBetweenPartsDoesNotRepeatThoseThatAreDone() throws Exception {
    for (String whole : List.of("record", "evaluate/child", "export")) {
      RunSpec spec = spec("stopped-" + whole.replace('/', '-'), 3);
      AtomicInteger begun = new AtomicInteger();
      FakeEngine first =
          new FakeEngine(
              (task, monitor) -> {
                if (task.key().matches(whole + "/[0-9]") && begun.incrementAndGet() == 3) {
                  FakeEngine.lasting(60_000).before(task, monitor);
                }
              });
      try (Drive drive = new Drive(spec, 3, 1, first)) {
        // The third part runs, and what joins them waits.
        drive.await(s -> begun.get() == 3 && s.total() - s.done() == 2);
      }
      List<String> done = first.ran().stream().filter(k -> k.matches(whole + "/[0-9]")).toList();
      assertEquals(2, done.size(), whole);
      FakeEngine second = new FakeEngine();
      try (Drive drive = new Drive(spec, 3, 1, second)) {
        assertEquals(Outcome.Kind.DONE, drive.outcome().kind());
      }
      done.forEach(key -> assertFalse(second.ran().contains(key), key));
      assertTrue(second.ran().contains(whole), whole);
    }
  }

  @Test
  void aPartThatIsGivenUpTakesItsTaskWithItAndNothingElse() throws Exception {
    FakeEngine engine =
        new FakeEngine(FakeEngine.failing("evaluate/greedy/1", 99, Failure.Kind.DEFECT));
    try (Drive drive = new Drive(spec("lost", 2), 3, 2, engine)) {
      assertEquals(Outcome.Kind.QUARANTINED, drive.outcome().kind());
      assertTrue(drive.summary().at("/baselines/greedy/kl_nats_per_token").isNull());
      assertFalse(drive.summary().at("/child/kl_nats_per_token").isMissingNode());
    }
    assertFalse(engine.ran().contains("evaluate/greedy"));
    assertTrue(engine.ran().contains("export"));
  }

  @Test
  void withoutAPartOfTheRecordingThereIsNothingToSearch() throws Exception {
    FakeEngine engine =
        new FakeEngine(FakeEngine.failing("record/1", 99, Failure.Kind.INVALID_INPUT));
    try (Drive drive = new Drive(spec("bad", 2), 3, 2, engine)) {
      assertEquals(Outcome.Kind.INVALID_INPUT, drive.outcome().kind());
    }
  }

  private RunSpec spec(String name, int parts) {
    return Examples.small(folder.resolve(name))
        .with(
            s -> {
              s.parts = new RunSpec.Parts(parts, parts, parts);
              s.scoring = s.scoring.with(c -> c.batch = 2);
            });
  }

  private static void meet(CyclicBarrier both) {
    try {
      both.await(30, TimeUnit.SECONDS);
    } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
      throw new IllegalStateException("the other part does not run", e);
    }
  }
}
