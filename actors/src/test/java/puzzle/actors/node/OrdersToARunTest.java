package puzzle.actors.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.actors.Examples;
import puzzle.actors.FakeEngine;
import puzzle.model.Failure;
import puzzle.model.Outcome;
import puzzle.model.RunSpec;
import puzzle.protocol.Run;

/** Orders to a run on a whole node: pause, resume, retarget, retry. */
class OrdersToARunTest {

  @TempDir Path folder;

  @Test
  void aPausedRunFinishesWhatRunsAndGrantsNothingUntilItIsResumed() throws Exception {
    RunSpec spec = Examples.small(folder);
    CountDownLatch reached = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    FakeEngine engine =
        new FakeEngine(
            (task, monitor) -> {
              if (task.key().equals("bld/1/kv-2")) {
                reached.countDown();
                while (go.getCount() > 0 && !monitor.cancelled()) {
                  FakeEngine.lasting(10).before(task, monitor);
                }
              }
            });
    try (Drive drive = new Drive(spec, 3, 1, engine)) {
      assertTrue(reached.await(30, TimeUnit.SECONDS));
      assertInstanceOf(Run.Accepted.class, drive.order(Run.Pause::new));
      drive.await(s -> s.paused());
      // Its layers have heard of it when the run has reminded them.
      drive.settle();
      int before = engine.ran().size();
      go.countDown();
      // By the run's own clock there was time to grant more.
      drive.settle();
      assertEquals(before + 1, engine.ran().size(), "the running task alone is finished");
      assertEquals("bld/1/kv-2", engine.ran().get(before));
      assertInstanceOf(Run.Accepted.class, drive.order(Run.Resume::new));
      assertEquals(Outcome.Kind.DONE, drive.outcome().kind());
      assertEquals(new HashSet<>(engine.ran()).size(), engine.ran().size(), "nothing twice");
    }
  }

  @Test
  void aRunThatIsDoneGoesOnToAnotherChildFromTheSameTableAndAPauseSurvivesARestart()
      throws Exception {
    RunSpec spec = Examples.small(folder.resolve("changed"));
    FakeEngine engine = new FakeEngine();
    JsonNode first;
    RunSpec faster = Examples.spec(folder.resolve("direct"), Examples.small(folder).space(), 2.5);
    try (Drive drive = new Drive(spec, 3, 2, engine)) {
      assertEquals(Outcome.Kind.DONE, drive.outcome().kind());
      first = drive.summary();
    }
    int scored = count(engine, "score/");
    int healed = count(engine, "gkd");
    try (Drive drive = new Drive(spec, 3, 2, engine)) {
      assertInstanceOf(Run.Accepted.class, drive.order(r -> new Run.Retarget(faster.target(), r)));
      drive.order(Run.Pause::new);
    }
    try (Drive drive = new Drive(spec, 3, 2, engine)) {
      assertTrue(drive.status().paused());
      drive.order(Run.Resume::new);
      drive.await(s -> s.outcome() != null);
      assertEquals(Outcome.Kind.DONE, drive.status().outcome().kind());
      JsonNode second = drive.summary();
      assertNotEquals(first.at("/solution/choices"), second.at("/solution/choices"));
      assertNotEquals(first.at("/child/kl_nats_per_token"), second.at("/child/kl_nats_per_token"));
      assertEquals(scored, count(engine, "score/"), "nothing is scored again");
      assertEquals(2 * healed, count(engine, "gkd"), "the other child is distilled");
      try (Drive direct = new Drive(faster, 3, 2, new FakeEngine())) {
        assertEquals(Outcome.Kind.DONE, direct.outcome().kind());
        for (String part : List.of("/solution", "/child", "/child_before_gkd", "/baselines")) {
          assertEquals(direct.summary().at(part), second.at(part), part);
        }
      }
    }
  }

  @Test
  void whatWasGivenUpIsTriedAgainWhenSomebodyAsks() throws Exception {
    RunSpec spec = Examples.small(folder.resolve("retried"));
    FakeEngine engine =
        new FakeEngine(
            FakeEngine.failing("bld/1/kv-2", spec.retries().attempts(), Failure.Kind.DEFECT));
    try (Drive drive = new Drive(spec, 3, 2, engine)) {
      assertEquals(Outcome.Kind.QUARANTINED, drive.outcome().kind());
      assertEquals(1, drive.status().failed());
      assertInstanceOf(Run.Accepted.class, drive.order(Run.RetryFailed::new));
      drive.await(s -> s.outcome() != null);
      assertEquals(Outcome.Kind.DONE, drive.status().outcome().kind());
      JsonNode retried = drive.summary();
      RunSpec calm = Examples.small(folder.resolve("calm"));
      try (Drive undisturbed = new Drive(calm, 3, 2, new FakeEngine())) {
        assertEquals(Outcome.Kind.DONE, undisturbed.outcome().kind());
        assertEquals(undisturbed.summary().at("/solution"), retried.at("/solution"));
        assertEquals(undisturbed.summary().at("/child"), retried.at("/child"));
      }
    }
  }

  private static int count(FakeEngine engine, String prefix) {
    return (int) engine.ran().stream().filter(k -> k.startsWith(prefix)).count();
  }
}
