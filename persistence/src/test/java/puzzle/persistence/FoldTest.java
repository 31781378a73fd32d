package puzzle.persistence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import puzzle.model.BlockCost;
import puzzle.model.Failure;
import puzzle.model.TaskResult;
import puzzle.model.Variant;
import puzzle.model.Workload;

class FoldTest {

  private static final Failure FAILURE = new Failure(Failure.Kind.DEFECT, "a bug");
  private static final TaskResult RESULT = new TaskResult.Exported("child", List.of());

  @Test
  void aLedgerCountsAttemptsFailuresAndLosses() {
    TaskLedger ledger =
        TaskLedger.EMPTY
            .on(new TaskEvent.AttemptStarted("k", 1, "a"))
            .on(new TaskEvent.AttemptFailed("k", 1, FAILURE, true, true))
            .on(new TaskEvent.AttemptStarted("k", 2, "b"))
            .on(new TaskEvent.AttemptFailed("k", 2, FAILURE, false, true))
            .on(new TaskEvent.AttemptStarted("k", 3, "a"));
    TaskLedger.Entry entry = ledger.get("k");
    assertEquals(3, entry.attempt());
    assertEquals(1, entry.failures());
    assertEquals(1, entry.losses());
    assertTrue(entry.live());
    assertFalse(entry.settled());
    ledger = ledger.on(new TaskEvent.TaskFinished("k", 3, RESULT));
    assertTrue(ledger.settled("k"));
    assertFalse(ledger.get("k").live());
    assertEquals(RESULT, ledger.result("k", TaskResult.Exported.class).orElseThrow());
    assertTrue(ledger.result("k", TaskResult.Healed.class).isEmpty());
  }

  @Test
  void aTaskThatIsReopenedHasNoResultButKeepsItsAttempts() {
    TaskLedger ledger =
        TaskLedger.EMPTY
            .on(new TaskEvent.TaskFinished("k", 4, RESULT))
            .on(new TaskEvent.TaskReopened("k", "flipped byte"));
    assertFalse(ledger.settled("k"));
    assertEquals(4, ledger.get("k").attempt());
  }

  @Test
  void whatIsNotRetriedIsQuarantined() {
    TaskLedger ledger =
        TaskLedger.EMPTY.on(new TaskEvent.AttemptFailed("k", 1, FAILURE, false, false));
    assertTrue(ledger.get("k").quarantined());
    assertTrue(ledger.settled("k"));
    assertNull(ledger.get("k").result());
  }

  @Test
  void everyEventFoldsIntoItsState() {
    RunState run = RunState.EMPTY;
    for (RunEvent event : Facts.RUN_EVENTS) {
      run = run.on(event);
    }
    for (TaskEvent event : Facts.TASK_EVENTS) {
      run = run.on(event);
    }
    assertTrue(run.ended());
    RunState measured = run;
    for (RunEvent event : Facts.LATER_RUN_EVENTS) {
      measured = measured.on(event);
    }
    assertEquals(1, measured.taken());
    assertEquals("candidate 2", measured.incumbent().cause(), "the one taken is the choice");
    assertFalse(measured.undecided());
    assertEquals("cafe", run.hash());
    assertEquals(Set.of(0), run.libraries().keySet());
    assertFalse(run.libraryComplete());
    assertEquals(Facts.REF, run.healed().child());
    LayerState block = LayerState.EMPTY.on(Facts.LAYER_EVENTS.get(0));
    assertTrue(block.active());
    assertFalse(block.on(Facts.LAYER_EVENTS.get(1)).active());
    GkdState distill = GkdState.EMPTY.on(Facts.GKD_EVENTS.get(0));
    assertTrue(distill.active());
    assertFalse(distill.on(Facts.GKD_EVENTS.get(1)).active());
  }

  @Test
  void deliveredCostsLieOverTheProfileWhichStaysAsItWasMeasured() {
    RunState run = RunState.EMPTY.on(Facts.RUN_EVENTS.get(0)).on(Facts.COST_EVENTS.get(0));
    Workload workload = Facts.SPEC.target().goals().get(0).workload();
    assertTrue(run.profile(workload).isEmpty(), "a cost may come before the profile");
    BlockCost own = new BlockCost(2, 1, 7, 8, 9);
    TaskResult.Profiled measured =
        new TaskResult.Profiled(
            workload,
            List.of(
                new TaskResult.VariantCost(Variant.attention(4), own, 0.5),
                new TaskResult.VariantCost(Variant.attention(2), own, 0.5)),
            own,
            TaskResult.MEASURED);
    run = run.on(new TaskEvent.TaskFinished("profile/" + workload.name(), 1, measured));
    TaskResult.Profiled laid = run.profile(workload).orElseThrow();
    assertEquals(new BlockCost(0.5, 0.25, 100, 50, 9), laid.cost(Variant.attention(4)));
    assertEquals(own, laid.cost(Variant.attention(2)));
    // Its sizes were not delivered.
    assertEquals(new BlockCost(0.5, 0.25, 7, 8, 9), laid.fixed());
    assertEquals(TaskResult.MEASURED + "; 2 of 3 parts: external/lab", laid.source());
    assertEquals(
        measured,
        run.tasks().result("profile/" + workload.name(), TaskResult.Profiled.class).orElseThrow());
  }

  @Test
  void tagsNameTheRunWhoeverWrote() {
    assertEquals(Set.of(Tags.FACT, "run-tiny"), Tags.ofEntity("tiny/3"));
    assertEquals(Set.of(Tags.FACT, "run-tiny"), Tags.ofEntity("tiny"));
  }
}
