package puzzle.persistence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import puzzle.model.Architecture;
import puzzle.model.Baseline;
import puzzle.model.BlockCost;
import puzzle.model.Incumbent;
import puzzle.model.Infeasible;
import puzzle.model.LayerLibrary;
import puzzle.model.Outcome;
import puzzle.model.Target;
import puzzle.model.TaskResult;

class RunStateTest {

  private static final Instant AT = Instant.parse("2026-01-02T03:04:05Z");
  private static final Outcome DONE = new Outcome(Outcome.Kind.DONE, "done");

  private final Incumbent first = incumbent("first");
  private final Incumbent second = incumbent("second");
  private final RunState started =
      RunState.EMPTY
          .on(new RunEvent.RunStarted(Facts.SPEC, 1, "cafe", AT))
          .on(new RunEvent.LayerSettled(library()));
  private final RunState chosen =
      started.on(
          new RunEvent.ArchitectureChosen(
              first,
              List.of(new Baseline("greedy", 0, first.architecture(), 1, true)),
              List.of(first, second)));

  @Test
  void aRunIsActiveFromItsStartToItsEnd() {
    assertFalse(RunState.EMPTY.active());
    assertTrue(started.active());
    RunState ended = started.on(new RunEvent.RunEnded(DONE, AT));
    assertFalse(ended.active());
    assertTrue(ended.ended());
  }

  @Test
  void ofSeveralCandidatesOneIsTaken() {
    assertTrue(chosen.undecided());
    assertEquals(first, chosen.incumbent());
    RunState taken = chosen.on(new RunEvent.CandidateTaken(1));
    assertFalse(taken.undecided());
    assertEquals(second, taken.incumbent());
    assertEquals(List.of(first, second), taken.candidates(), "the others stay on record");
  }

  @Test
  void anotherTargetOpensAllThatCameOfTheChoiceAndNothingElse() {
    RunState done =
        chosen
            .on(new RunEvent.CandidateTaken(1))
            .on(new RunEvent.ChildHealed(new TaskResult.Healed(Facts.REF, 10, List.of())))
            .on(new RunEvent.RunEnded(DONE, AT));
    Target other =
        new Target(
            "local",
            List.of(new Target.Goal(Facts.SPEC.target().goals().get(0).workload(), List.of())));
    RunState open = done.on(new RunEvent.Retargeted(other, AT));
    assertEquals(RunState.Choice.OPEN, open.choice());
    assertEquals(other, open.spec().target());
    assertTrue(open.active());
    assertEquals(done.libraries(), open.libraries());
    assertEquals(done.tasks(), open.tasks());
  }

  @Test
  void aProofThatThereIsNoneIsUndoneByAnotherTarget() {
    Infeasible proof = new Infeasible(List.of("throughput"), List.of());
    RunState proven = started.on(new RunEvent.LimitsProvenInfeasible(proof));
    assertEquals(proof, proven.infeasible());
    assertNull(proven.on(new RunEvent.Retargeted(Facts.SPEC.target(), AT)).infeasible());
  }

  @Test
  void whatIsTriedAgainInALayerOpensItsLibraryAndTheChoice() {
    RunState again = chosen.on(new RunEvent.FailedRetried(List.of(0), AT));
    assertEquals(RunState.Choice.OPEN, again.choice());
    assertTrue(again.libraries().isEmpty());
    assertEquals(1, again.retries());
    RunState kept = chosen.on(new RunEvent.FailedRetried(List.of(), AT));
    assertEquals(chosen.choice(), kept.choice(), "no layer had lost anything");
  }

  @Test
  void aPauseStandsUntilItIsResumed() {
    RunState paused = started.on(new RunEvent.RunPaused(AT));
    assertTrue(paused.paused());
    assertFalse(paused.on(new RunEvent.RunResumed(AT)).paused());
  }

  @Test
  void anIncumbentOnTheWayIsNoChoice() {
    assertEquals(started, started.on(new RunEvent.IncumbentFound(first)));
  }

  @Test
  void listsThatAnEventLeavesOutAreEmpty() {
    assertEquals(List.of(), new RunEvent.ArchitectureChosen(first, null, null).candidates());
    assertEquals(List.of(), new RunEvent.FailedRetried(null, AT).layers());
    assertThrows(NullPointerException.class, () -> new RunEvent.Retargeted(null, AT));
  }

  private static LayerLibrary library() {
    return new LayerLibrary(0, List.of(), List.of(), List.of(), List.of(), false);
  }

  private static Incumbent incumbent(String cause) {
    BlockCost cost = new BlockCost(1, 1, 1, 1, 1);
    return new Incumbent(
        Architecture.uniform(Facts.SPEC.space().parent(), 1), 0, 0, true, cost, cost, 1, 0, cause);
  }
}
