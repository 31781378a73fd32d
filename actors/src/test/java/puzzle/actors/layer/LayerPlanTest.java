package puzzle.actors.layer;

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
import puzzle.model.SearchSpace;
import puzzle.model.Subblock;
import puzzle.model.Task;
import puzzle.model.TaskResult;
import puzzle.model.Variant;
import puzzle.persistence.LayerEvent;
import puzzle.persistence.LayerState;
import puzzle.persistence.TaskEvent;

class LayerPlanTest {

  private static final CheckpointRef REF = new CheckpointRef("a", 1, "0".repeat(64));

  private final RunSpec spec = Examples.spec(Path.of("/store"));
  private LayerState state = LayerState.EMPTY.on(new LayerEvent.BuildOrdered(spec, 3, REF));

  @Test
  void noOpsAreScoredAtOnceAndBeforeAnythingIsTrained() {
    LayerPlan plan = new LayerPlan(state);
    assertEquals(11, plan.toTrain());
    assertEquals(53, plan.toScore());
    assertEquals(
        Set.of("score/3/attention-no-op+ffn-640", "score/3/kv-8+ffn-no-op"),
        keys(plan, Priority.SCORE_SUBBLOCK));
    assertTrue(Priority.SCORE_SUBBLOCK < Priority.BLD);
    assertEquals(11, keys(plan, Priority.BLD).size());
    assertEquals(0.0, plan.scores().get(0).score().value());
    assertEquals(spec.space().parent(), plan.scores().get(0).block());
  }

  @Test
  void aLayerWithFewerChoicesTrainsAndScoresNoMore() {
    SearchSpace all = spec.space();
    SearchSpace fewer =
        new SearchSpace(
            all.attention(),
            all.ffn(),
            List.of(
                new SearchSpace.Layers(
                    2, 3, List.of(Variant.attention(4), Variant.noOp(Subblock.ATTENTION)), null),
                new SearchSpace.Layers(3, 3, null, List.of(Variant.ffn(64)))));
    state =
        LayerState.EMPTY.on(
            new LayerEvent.BuildOrdered(Examples.spec(Path.of("/store"), fewer, 1.5), 3, REF));
    LayerPlan plan = new LayerPlan(state);
    assertEquals(Set.of("bld/3/kv-4", "bld/3/ffn-64"), keys(plan, Priority.BLD));
    assertEquals(5, plan.toScore(), "3 x 2 blocks but the parent's");
    finishAll();
    state = state.on(new LayerEvent.CouplingOrdered(List.of(Block.parse("kv-2+ffn-160"))));
    assertTrue(new LayerPlan(state).settled(), "what the layer may not choose is not trained");
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
    state = state.on(new LayerEvent.CouplingOrdered(List.of(pair, half, single)));
    LayerPlan plan = new LayerPlan(state);
    assertFalse(plan.settled());
    assertEquals(
        Set.of("bld/3/kv-2+ffn-160", "bld/3/attention-no-op+ffn-160"), keys(plan, Priority.BLD));
    assertEquals(
        List.of(first.weights(pair), first.weights(half)),
        plan.wanted().stream().map(w -> ((Task.BldBlock) w.task()).start()).toList());
    finish("bld/3/kv-2+ffn-160");
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
    state = state.on(new LayerEvent.CouplingOrdered(List.of(Block.parse("kv-2+ffn-160"))));
    assertEquals(List.of("bld/3/kv-2", "bld/3/ffn-160"), madeAgain("bld/3/kv-2+ffn-160"));
    finish("bld/3/kv-2+ffn-160");
    assertEquals(List.of("bld/3/kv-2+ffn-160"), madeAgain("score/3/kv-2+ffn-160/coupled"));
    state = state.on(new TaskEvent.TaskReopened("bld/3/kv-2", "gone"));
    assertEquals(Set.of("bld/3/kv-2"), keys(new LayerPlan(state), Priority.BLD));
    assertFalse(new LayerPlan(state).settled());
  }

  @Test
  void coupledTrainingOfTheWholeSpaceTrainsEachPairOnce() {
    state =
        LayerState.EMPTY.on(
            new LayerEvent.BuildOrdered(Examples.with(spec, RunSpec.Bld.Mode.COUPLED), 3, REF));
    // 5 + 8 variants beside the parent's make 40 pairs, of which one is two no-ops.
    assertEquals(11 + 39, new LayerPlan(state).toTrain());
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
    giveUp("bld/3/kv-4");
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
    finish("bld/3/kv-4");
    assertTrue(
        keys(new LayerPlan(state), Priority.SCORE_SUBBLOCK).contains("score/3/kv-4+ffn-640"));
    state = state.on(new TaskEvent.TaskReopened("bld/3/kv-4", "flipped byte"));
    LayerPlan plan = new LayerPlan(state);
    assertTrue(keys(plan, Priority.BLD).contains("bld/3/kv-4"));
    assertFalse(keys(plan, Priority.SCORE_SUBBLOCK).contains("score/3/kv-4+ffn-640"));
  }

  /** After a task found damaged what it reads. */
  private List<String> madeAgain(String key) {
    Failure damaged = new Failure(Failure.Kind.CORRUPT_ARTEFACT, "flipped byte");
    return new LayerPlan(state).reopened(key, damaged).stream().map(TaskEvent::key).toList();
  }

  private void finish(String key) {
    TaskResult result =
        key.startsWith("bld")
            ? new TaskResult.Trained(new CheckpointRef(key, 12, "ab".repeat(32)), 0.2, 0.1, 10)
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
