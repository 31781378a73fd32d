package puzzle.actors.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import puzzle.actors.Examples;
import puzzle.model.Architecture;
import puzzle.model.BlockCost;
import puzzle.model.CheckpointRef;
import puzzle.model.Failure;
import puzzle.model.Incumbent;
import puzzle.model.LayerLibrary;
import puzzle.model.Limit;
import puzzle.model.Outcome;
import puzzle.model.RunSpec;
import puzzle.model.Target;
import puzzle.model.TaskResult;
import puzzle.persistence.RunEvent;
import puzzle.persistence.RunState;
import puzzle.persistence.TaskEvent;
import puzzle.protocol.Run;

class OrdersTest {

  private static final Instant AT = Instant.parse("2026-01-01T00:00:00Z");
  private static final CheckpointRef REF = new CheckpointRef("a", 1, "0".repeat(64));
  private static final Failure DEFECT = new Failure(Failure.Kind.DEFECT, "a bug");

  private final RunSpec spec = Examples.small(Path.of("/store"));
  private final RunState started = RunState.EMPTY.on(new RunEvent.RunStarted(spec, 1, "hash", AT));

  @Test
  void aPauseStandsUntilTheRunIsResumed() {
    RunState paused = fold(started, orders(started).pause());
    assertTrue(paused.paused());
    assertEquals(List.of(), orders(paused).pause().events());
    assertFalse(fold(paused, orders(paused).resume()).paused());
  }

  @Test
  void anotherTargetOpensWhatWasChosenAndFencesTasksAboutTheChild() {
    RunState done = done(List.of());
    int attempt = done.tasks().get("export").attempt();
    RunState open = fold(done, orders(done).retarget(target(2.0)));
    assertFalse(open.ended());
    assertNull(open.incumbent());
    assertNull(open.healed());
    assertEquals(target(2.0), open.spec().target());
    assertEquals(1, open.libraries().size(), "the library stays");
    assertTrue(open.tasks().settled("record"));
    assertTrue(open.tasks().settled("evaluate/parent"));
    assertFalse(open.tasks().settled("export"));
    assertEquals(attempt + 1, open.tasks().get("export").attempt());
  }

  @Test
  void tasksOnOfferForTheFirstChildAreFencedThoughNobodyBeganThem() {
    RunState chosen = chosen(started(List.of()));
    RunState open = fold(chosen, orders(chosen).retarget(target(2.0)));
    assertEquals(
        1, open.tasks().get("measure/" + Examples.WORKLOAD.name()).attempt(), "attempt 1 is void");
  }

  @Test
  void theSameTargetChangesNothingAndOtherHardwareIsRefused() {
    assertEquals(List.of(), orders(started).retarget(spec.target()).events());
    Orders.Verdict refused = orders(started).retarget(new Target("h100", spec.target().goals()));
    assertEquals(List.of(), refused.events());
    assertInstanceOf(Run.Refused.class, refused.answer());
  }

  @Test
  void whatWasGivenUpIsTriedAgainWithAllAttempts() {
    RunState lost =
        done(List.of(new LayerLibrary.Quarantined("bld/0/kv-2", DEFECT)))
            .on(new TaskEvent.AttemptFailed("evaluate/greedy", 3, DEFECT, false, false));
    RunState open = fold(lost, orders(lost).retryFailed());
    assertEquals(0, open.libraries().size());
    assertEquals(1, open.retries());
    assertNull(open.incumbent());
    assertFalse(open.tasks().settled("evaluate/greedy"));
    assertEquals(0, open.tasks().get("evaluate/greedy").failures());
  }

  @Test
  void aVariantThatDivergedIsNoFailure() {
    RunState done =
        done(
            List.of(
                new LayerLibrary.Quarantined(
                    "bld/0/kv-2", new Failure(Failure.Kind.DIVERGED, "NaN"))));
    assertEquals(List.of(), orders(done).retryFailed().events());
  }

  @Test
  void ordersToARunThatIsCancelledOrUnknownAreRefused() {
    RunState cancelled =
        started.on(new RunEvent.RunEnded(new Outcome(Outcome.Kind.CANCELLED, "enough"), AT));
    for (RunState state : List.of(cancelled, RunState.EMPTY)) {
      Orders orders = orders(state);
      for (Orders.Verdict v :
          List.of(
              orders.pause(), orders.resume(), orders.retarget(target(3)), orders.retryFailed())) {
        assertEquals(List.of(), v.events());
        assertInstanceOf(Run.Refused.class, v.answer());
      }
    }
  }

  private Orders orders(RunState state) {
    return new Orders("example", state, AT);
  }

  private static RunState fold(RunState state, Orders.Verdict verdict) {
    assertInstanceOf(Run.Accepted.class, verdict.answer());
    RunState folded = state;
    for (RunEvent event : verdict.events()) {
      folded = folded.on(event);
    }
    return folded;
  }

  private Target target(double speedUp) {
    return new Target(
        "local",
        List.of(
            new Target.Goal(
                Examples.WORKLOAD, List.of(new Limit(Limit.Stat.THROUGHPUT, speedUp, true)))));
  }

  private RunState started(List<LayerLibrary.Quarantined> lost) {
    return started
        .on(finished("record", new TaskResult.Recorded(REF, 1.5, 10, 1)))
        .on(
            finished(
                "profile/" + Examples.WORKLOAD.name(),
                new TaskResult.Profiled(
                    Examples.WORKLOAD,
                    List.of(),
                    new BlockCost(1, 1, 1, 1, 1),
                    TaskResult.MEASURED)))
        .on(
            new RunEvent.LayerSettled(
                new LayerLibrary(0, List.of(), List.of(), List.of(), lost, false)));
  }

  private RunState chosen(RunState state) {
    BlockCost cost = new BlockCost(1, 1, 1, 1, 1);
    return state.on(
        new RunEvent.ArchitectureChosen(
            new Incumbent(
                Architecture.uniform(spec.space().parent(), 1), 0, 0, true, cost, cost, 1, 0, "x"),
            List.of(),
            List.of()));
  }

  private RunState done(List<LayerLibrary.Quarantined> lost) {
    return chosen(started(lost))
        .on(finished("evaluate/parent", new TaskResult.Evaluated(1, 0, 1)))
        .on(new RunEvent.ChildHealed(new TaskResult.Healed(REF, 10, List.of())))
        .on(finished("export", new TaskResult.Exported("child", List.of())))
        .on(new RunEvent.RunEnded(new Outcome(Outcome.Kind.DONE, "done"), AT));
  }

  private static TaskEvent finished(String key, TaskResult result) {
    return new TaskEvent.TaskFinished(key, 1, result);
  }
}
