package puzzle.actors.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import puzzle.actors.Examples;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.BlockCost;
import puzzle.model.CheckpointRef;
import puzzle.model.Failure;
import puzzle.model.Incumbent;
import puzzle.model.Infeasible;
import puzzle.model.LayerLibrary;
import puzzle.model.Outcome;
import puzzle.model.RunSpec;
import puzzle.model.Target;
import puzzle.model.TaskResult;
import puzzle.persistence.RunEvent;
import puzzle.persistence.RunState;
import puzzle.protocol.Run;

class RunRepliesTest {

  private static final Instant AT = Instant.parse("2026-01-01T00:00:00Z");
  private static final BlockCost COST = new BlockCost(1, 1, 1, 1, 1);
  private static final TaskResult.Healed HEALED =
      new TaskResult.Healed(new CheckpointRef("a", 1, "0".repeat(64)), 10, List.of());

  private final RunSpec spec = Examples.small(Path.of("/store"));
  private final Target other = new Target("h100", spec.target().goals());
  private final RunState started = RunState.EMPTY.on(new RunEvent.RunStarted(spec, 1, "hash", AT));
  private final Architecture child = Architecture.uniform(spec.space().parent(), 1);
  private final Architecture otherChild = Architecture.uniform(Block.parse("kv-2+ffn-160"), 1);

  @Test
  void aLayersWordCountsOnceAndOnceMoreAfterTheSecondStage() {
    Run.LayerSettled first = new Run.LayerSettled(library(false));
    Run.LayerSettled second = new Run.LayerSettled(library(true));
    RunState state = folded(started, new RunReplies(started).to(first));
    assertEquals(Optional.empty(), new RunReplies(state).to(first));
    RunState through = folded(state, new RunReplies(state).to(second));
    assertTrue(through.libraries().get(0).coupled());
    assertEquals(Optional.empty(), new RunReplies(through).to(second));
    assertEquals(Optional.empty(), new RunReplies(through).to(first));
  }

  @Test
  void aChoiceCountsOnceTheLibraryIsCompleteAndForThisTargetAndTheseCosts() {
    Run.Chosen chosen = chosen(spec.target(), 0);
    assertEquals(Optional.empty(), new RunReplies(started).to(chosen), "a layer is missing");
    RunState complete = started.on(new RunEvent.LayerSettled(library(false)));
    assertEquals(Optional.empty(), new RunReplies(complete).to(chosen(other, 0)));
    assertEquals(Optional.empty(), new RunReplies(complete).to(chosen(spec.target(), 1)));
    RunState decided = folded(complete, new RunReplies(complete).to(chosen));
    assertEquals(child, decided.incumbent().architecture());
    assertEquals(Optional.empty(), new RunReplies(decided).to(chosen), "it was told twice");
  }

  @Test
  void aProofThatThereIsNoneCountsForThisTargetAlone() {
    Infeasible proof = new Infeasible(List.of("memory"), List.of());
    assertEquals(
        Optional.empty(), new RunReplies(started).to(new Run.FoundInfeasible(proof, other, 0)));
    assertEquals(
        Optional.of(new RunEvent.LimitsProvenInfeasible(proof)),
        new RunReplies(started).to(new Run.FoundInfeasible(proof, spec.target(), 0)));
  }

  @Test
  void onlyTheChosenChildIsHealedOrGivenUp() {
    RunState state =
        started
            .on(new RunEvent.LayerSettled(library(false)))
            .on(new RunEvent.ArchitectureChosen(incumbent(), List.of(), List.of()));
    Failure failure = new Failure(Failure.Kind.DEFECT, "a bug");
    RunReplies answers = new RunReplies(state);
    assertEquals(Optional.empty(), answers.to(new Run.ChildHealed(HEALED, otherChild)));
    assertEquals(Optional.empty(), answers.to(new Run.GkdGivenUp(failure, otherChild)));
    RunState lost = folded(state, answers.to(new Run.GkdGivenUp(failure, child)));
    assertTrue(lost.tasks().get("gkd").quarantined());
    assertEquals(
        Optional.empty(), new RunReplies(lost).to(new Run.GkdGivenUp(failure, child)), "again");
    assertEquals(
        Optional.of(new RunEvent.ChildHealed(HEALED)),
        answers.to(new Run.ChildHealed(HEALED, child)));
  }

  @Test
  void aRunThatHasEndedTakesNoAnswer() {
    RunState over =
        started.on(new RunEvent.RunEnded(new Outcome(Outcome.Kind.CANCELLED, "enough"), AT));
    RunReplies answers = new RunReplies(over);
    assertEquals(Optional.empty(), answers.to(new Run.LayerSettled(library(false))));
    assertEquals(Optional.empty(), answers.to(chosen(spec.target(), 0)));
  }

  private static RunState folded(RunState state, Optional<RunEvent> event) {
    return state.on(event.orElseThrow());
  }

  private Run.Chosen chosen(Target target, int costs) {
    return new Run.Chosen(incumbent(), List.of(), List.of(), target, costs);
  }

  private Incumbent incumbent() {
    return new Incumbent(child, 0, 0, true, COST, COST, 1, 0, "complete table");
  }

  private static LayerLibrary library(boolean coupled) {
    return new LayerLibrary(0, List.of(), List.of(), List.of(), List.of(), coupled);
  }
}
