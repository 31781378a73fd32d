package puzzle.actors.block;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import puzzle.actors.Examples;
import puzzle.actors.work.Priority;
import puzzle.actors.work.Wanted;
import puzzle.model.Block;
import puzzle.model.CheckpointRef;
import puzzle.model.Failure;
import puzzle.model.LayerLibrary;
import puzzle.model.RunSpec;
import puzzle.model.Score;
import puzzle.model.Task;
import puzzle.model.TaskResult;
import puzzle.persistence.BlockEvent;
import puzzle.persistence.BlockState;
import puzzle.persistence.TaskEvent;

class LayerPlanTest {

  private static final CheckpointRef REF = new CheckpointRef("a", 1, "0".repeat(64));

  private final RunSpec spec = Examples.spec(Path.of("/store"));
  private BlockState state = BlockState.EMPTY.on(new BlockEvent.BuildOrdered(spec, 3, REF));

  @Test
  void noOpsAreScoredAtOnceAndBeforeAnythingIsTrained() {
    LayerPlan plan = new LayerPlan(state);
    assertEquals(11, plan.toDistil());
    assertEquals(53, plan.toScore());
    assertEquals(
        Set.of("score/3/attention-no-op+ffn-640", "score/3/kv-8+ffn-no-op"),
        keys(plan, Priority.SCORE_SUBBLOCK));
    assertTrue(Priority.SCORE_SUBBLOCK < Priority.DISTIL);
    assertEquals(11, keys(plan, Priority.DISTIL).size());
    assertEquals(0.0, plan.scores().get(0).score().value());
    assertEquals(spec.space().parent(), plan.scores().get(0).block());
  }

  @Test
  void aPairIsScoredOnceBothHalvesWereScoredAlone() {
    finish("score/3/attention-no-op+ffn-640");
    assertEquals(Set.of(), keys(new LayerPlan(state), Priority.SCORE_BLOCK));
    finish("score/3/kv-8+ffn-no-op");
    assertEquals(
        Set.of("score/3/attention-no-op+ffn-no-op"),
        keys(new LayerPlan(state), Priority.SCORE_BLOCK));
  }

  @Test
  void theSecondStageTrainsShortlistedBlocksFromTheirHalvesAndTheBetterTrainingStands() {
    Block pair = Block.parse("kv-2+ffn-160");
    Block half = Block.parse("attention-no-op+ffn-160");
    Block single = Block.parse("kv-8+ffn-160");
    finishAll();
    LayerLibrary first = new LayerPlan(state).library();
    assertFalse(first.coupled());
    state = state.on(new BlockEvent.CouplingOrdered(List.of(pair, half, single)));
    LayerPlan plan = new LayerPlan(state);
    assertFalse(plan.settled());
    assertEquals(
        Set.of("distil/3/kv-2+ffn-160", "distil/3/attention-no-op+ffn-160"),
        keys(plan, Priority.DISTIL));
    assertEquals(
        List.of(first.weights(pair), first.weights(half)),
        plan.wanted().stream().map(w -> ((Task.DistilBlock) w.task()).start()).toList());
    finish("distil/3/kv-2+ffn-160");
    assertEquals(
        Set.of("score/3/kv-2+ffn-160/coupled"), keys(new LayerPlan(state), Priority.SCORE_BLOCK));
    finishAll();
    LayerLibrary second = new LayerPlan(state).library();
    assertTrue(second.coupled());
    assertEquals(2, second.pairs().size());
    assertEquals(56, second.scores().size());
    assertEquals(second.pairs().get(0).halves(), second.weights(pair));
    assertEquals(first.weights(single), second.weights(single));
  }

  @Test
  void weightsThatAreMadeAgainHoldUpTheirSecondStage() {
    finishAll();
    state = state.on(new BlockEvent.CouplingOrdered(List.of(Block.parse("kv-2+ffn-160"))));
    assertEquals(
        List.of("distil/3/kv-2", "distil/3/ffn-160"),
        new LayerPlan(state).sources("distil/3/kv-2+ffn-160"));
    assertEquals(
        List.of("distil/3/kv-2+ffn-160"),
        new LayerPlan(state).sources("score/3/kv-2+ffn-160/coupled"));
    state = state.on(new TaskEvent.TaskReopened("distil/3/kv-2", "gone"));
    assertEquals(Set.of("distil/3/kv-2"), keys(new LayerPlan(state), Priority.DISTIL));
    assertFalse(new LayerPlan(state).settled());
  }

  @Test
  void coupledTrainingOfTheWholeSpaceTrainsEachPairOnce() {
    state =
        BlockState.EMPTY.on(
            new BlockEvent.BuildOrdered(
                Examples.with(spec, RunSpec.Distillation.Mode.COUPLED), 3, REF));
    // 5 + 8 variants beside the parent's make 40 pairs, of which one is two no-ops.
    assertEquals(11 + 39, new LayerPlan(state).toDistil());
    Set<String> done = finishAll();
    assertEquals(11 + 39 + 53, done.size());
    assertEquals(39, new LayerPlan(state).library().pairs().size());
  }

  @Test
  void everythingIsDoneOnceAndThenTheLayerIsThrough() {
    assertEquals(11 + 53, finishAll().size());
    assertEquals(54, new LayerPlan(state).library().scores().size());
    assertEquals(11, new LayerPlan(state).library().entries().size());
  }

  @Test
  void aVariantThatWasGivenUpTakesItsBlocksWithIt() {
    giveUp("distil/3/kv-4");
    LayerPlan plan = new LayerPlan(state);
    assertEquals(53 - 9, plan.toScore());
    assertEquals(1, plan.quarantined());
    while (!new LayerPlan(state).settled()) {
      for (Wanted wanted : List.copyOf(new LayerPlan(state).wanted())) {
        assertFalse(wanted.task().key().contains("kv-4"));
        finish(wanted.task().key());
      }
    }
  }

  @Test
  void aScoreThatWasGivenUpDoesNotHoldUpTheRest() {
    giveUp("score/3/attention-no-op+ffn-640");
    finish("score/3/kv-8+ffn-no-op");
    assertEquals(
        Set.of("score/3/attention-no-op+ffn-no-op"),
        keys(new LayerPlan(state), Priority.SCORE_BLOCK));
  }

  @Test
  void weightsThatWereLostAreTrainedAgainBeforeTheScoreIs() {
    finish("distil/3/kv-4");
    assertTrue(
        keys(new LayerPlan(state), Priority.SCORE_SUBBLOCK).contains("score/3/kv-4+ffn-640"));
    state = state.on(new TaskEvent.TaskReopened("distil/3/kv-4", "flipped byte"));
    LayerPlan plan = new LayerPlan(state);
    assertTrue(keys(plan, Priority.DISTIL).contains("distil/3/kv-4"));
    assertFalse(keys(plan, Priority.SCORE_SUBBLOCK).contains("score/3/kv-4+ffn-640"));
  }

  private void finish(String key) {
    TaskResult result =
        key.startsWith("distil")
            ? new TaskResult.Distilled(new CheckpointRef(key, 12, "ab".repeat(32)), 0.2, 0.1, 10)
            : new TaskResult.BlockScored(Score.measured(0.1, 0));
    state = state.on(new TaskEvent.TaskFinished(key, 1, result));
  }

  /** Does all that is wanted, each once. */
  private Set<String> finishAll() {
    Set<String> done = new HashSet<>();
    while (!new LayerPlan(state).settled()) {
      for (Wanted wanted : List.copyOf(new LayerPlan(state).wanted())) {
        assertTrue(done.add(wanted.task().key()), wanted.task().key());
        finish(wanted.task().key());
      }
    }
    return done;
  }

  private void giveUp(String key) {
    state =
        state.on(
            new TaskEvent.AttemptFailed(
                key, 1, new Failure(Failure.Kind.DIVERGED, key), false, false));
  }

  private static Set<String> keys(LayerPlan plan, int priority) {
    return new ArrayList<>(plan.wanted())
        .stream()
            .filter(w -> w.priority() == priority)
            .map(Wanted::task)
            .map(Task::key)
            .collect(Collectors.toSet());
  }
}
