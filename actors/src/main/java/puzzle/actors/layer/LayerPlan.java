package puzzle.actors.layer;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import puzzle.actors.work.Priority;
import puzzle.actors.work.Wanted;
import puzzle.model.Block;
import puzzle.model.Failure;
import puzzle.model.LayerLibrary;
import puzzle.model.RunSpec;
import puzzle.model.Score;
import puzzle.model.ScoredBlock;
import puzzle.model.SearchSpace;
import puzzle.model.Task;
import puzzle.model.TaskResult;
import puzzle.model.Variant;
import puzzle.persistence.LayerState;
import puzzle.persistence.TaskEvent;
import puzzle.persistence.TaskLedger;

/**
 * What one layer still needs, read off what is on record; a function of the state and nothing else.
 *
 * <p>Every trainable variant is trained by decoupled BLD. A block is scored once both its halves
 * exist: first the blocks that replace one half only, whose scores predict all others by their sum,
 * then the rest. The parent's own block scores 0 and is never run. A variant that was given up
 * takes the blocks it is part of with it.
 *
 * <p>In the second stage the shortlisted blocks are trained as a whole, from their halves, and
 * scored again. Where the whole space is trained coupled, that is the only training of a block
 * whose halves are both replaced.
 */
final class LayerPlan {

  private final LayerState state;

  /** What this layer chooses from. */
  private final SearchSpace space;

  private final Block parent;
  private final List<Wanted> wanted = new ArrayList<>();
  private final List<ScoredBlock> scores = new ArrayList<>();
  private final Map<String, ScoredBlock> scoresByTask = new HashMap<>();

  /** Keys of the training tasks whose weights a task reads, by its key. */
  private final Map<String, List<String>> sources = new HashMap<>();

  private final List<LayerLibrary.Entry> entries = new ArrayList<>();
  private final List<LayerLibrary.Pair> pairs = new ArrayList<>();
  private final List<LayerLibrary.Quarantined> quarantined = new ArrayList<>();
  private int toTrain;
  private int toScore;
  private int open;

  /**
   * @param state of a layer that was ordered
   */
  LayerPlan(LayerState state) {
    this.state = state;
    this.space = state.spec().space().of(state.layer());
    this.parent = space.parent();
    space.variants().stream().filter(space::trainable).forEach(this::planVariant);
    boolean coupledOnly = state.spec().bld().mode() == RunSpec.Bld.Mode.COUPLED;
    for (Block block : space.blocks()) {
      if (coupledOnly && space.trainsWhole(block)) {
        planCoupled(block, null);
      } else {
        planBlock(block);
      }
    }
    if (state.coupled() != null) {
      state.coupled().stream()
          .filter(space::trainsWhole)
          .filter(space.blocks()::contains)
          .filter(b -> !givenUp(b.attention()) && !givenUp(b.ffn()))
          .forEach(this::planSecondStage);
    }
  }

  /** Tasks that can run now. */
  List<Wanted> wanted() {
    return wanted;
  }

  /** Scores on record, the parent's 0 first. */
  List<ScoredBlock> scores() {
    return scores;
  }

  /** The score that a task has given; empty if it is not a task that scores, or counts no more. */
  Optional<ScoredBlock> score(String key) {
    return Optional.ofNullable(scoresByTask.get(key));
  }

  /** Weights that failed their check when a task read them are made again; the task waits. */
  List<TaskEvent> reopened(String key, Failure failure) {
    return sources.getOrDefault(key, List.of()).stream()
        // If another score has found out already, they are being made.
        .filter(source -> state.tasks().get(source).result() != null)
        .<TaskEvent>map(source -> new TaskEvent.TaskReopened(source, failure.message()))
        .toList();
  }

  /** True if nothing is left to do. */
  boolean settled() {
    return open == 0;
  }

  int distilled() {
    return entries.size() + pairs.size();
  }

  int toTrain() {
    return toTrain;
  }

  int scored() {
    return scores.size() - 1;
  }

  int toScore() {
    return toScore;
  }

  int quarantined() {
    return quarantined.size();
  }

  LayerLibrary library() {
    return new LayerLibrary(
        state.layer(), entries, pairs, scores, quarantined, state.coupled() != null);
  }

  private void planVariant(Variant variant) {
    toTrain++;
    Task task = new Task.Bld(state.layer(), variant, state.recording());
    TaskLedger.Entry entry = state.tasks().get(task.key());
    if (entry.result() instanceof TaskResult.Trained d) {
      entries.add(
          new LayerLibrary.Entry(
              variant, d.weights(), d.lossBefore(), d.lossAfter(), d.beginning()));
    } else if (entry.quarantined()) {
      quarantined.add(new LayerLibrary.Quarantined(task.key(), entry.lastFailure()));
    } else {
      open++;
      wanted.add(Wanted.ofLayer(task, Priority.BLD, state.layer()));
    }
  }

  private void planSecondStage(Block block) {
    if (available(block.attention()) && available(block.ffn())) {
      planCoupled(block, weights(block));
    } else {
      // A half is being made again; another start would give other weights.
      open++;
    }
  }

  /**
   * @param start decoupled weights to start from, or null
   */
  private void planCoupled(Block block, Task.Weights start) {
    toTrain++;
    Task task = new Task.BldBlock(state.layer(), block, start, state.recording());
    if (start != null) {
      sources.put(task.key(), halves(block));
    }
    TaskLedger.Entry entry = state.tasks().get(task.key());
    if (entry.quarantined()) {
      quarantined.add(new LayerLibrary.Quarantined(task.key(), entry.lastFailure()));
      return;
    }
    toScore++;
    if (!(entry.result() instanceof TaskResult.Trained d)) {
      open++;
      wanted.add(Wanted.ofLayer(task, Priority.BLD, state.layer()));
      return;
    }
    pairs.add(new LayerLibrary.Pair(block, d.weights(), d.lossBefore(), d.lossAfter()));
    Task scoring =
        new Task.ScoreBlock(
            state.layer(),
            block,
            true,
            LayerLibrary.Pair.halves(block, d.weights()),
            state.recording());
    sources.put(scoring.key(), List.of(task.key()));
    TaskLedger.Entry scored = state.tasks().get(scoring.key());
    if (scored.result() instanceof TaskResult.BlockScored s) {
      score(scoring.key(), new ScoredBlock(block, s.score(), true));
    } else if (scored.quarantined()) {
      quarantined.add(new LayerLibrary.Quarantined(scoring.key(), scored.lastFailure()));
    } else {
      open++;
      wanted.add(Wanted.ofLayer(scoring, Priority.SCORE_BLOCK, state.layer()));
    }
  }

  private void planBlock(Block block) {
    if (block.equals(parent)) {
      scores.add(new ScoredBlock(block, Score.measured(0, 0)));
      return;
    }
    if (givenUp(block.attention()) || givenUp(block.ffn())) {
      return;
    }
    toScore++;
    String key = scoreKey(block);
    sources.put(key, halves(block));
    TaskLedger.Entry entry = state.tasks().get(key);
    if (entry.result() instanceof TaskResult.BlockScored s) {
      score(key, new ScoredBlock(block, s.score()));
    } else if (entry.quarantined()) {
      quarantined.add(new LayerLibrary.Quarantined(key, entry.lastFailure()));
    } else {
      open++;
      boolean single = single(block);
      if (available(block.attention())
          && available(block.ffn())
          && (single || predictable(block))) {
        wanted.add(
            Wanted.ofLayer(
                scoring(block),
                single ? Priority.SCORE_SUBBLOCK : Priority.SCORE_BLOCK,
                state.layer()));
      }
    }
  }

  private Task scoring(Block block) {
    return new Task.ScoreBlock(state.layer(), block, false, weights(block), state.recording());
  }

  /** The weights of a block's halves, each trained by itself. */
  private Task.Weights weights(Block block) {
    return new Task.Weights(
        weights(block.attention()).map(TaskResult.Trained::weights).orElse(null),
        weights(block.ffn()).map(TaskResult.Trained::weights).orElse(null));
  }

  private boolean single(Block block) {
    return block.attention().equals(parent.attention()) || block.ffn().equals(parent.ffn());
  }

  /** Both halves were scored on their own, or could not be. */
  private boolean predictable(Block block) {
    return state.tasks().settled(scoreKey(new Block(block.attention(), parent.ffn())))
        && state.tasks().settled(scoreKey(new Block(parent.attention(), block.ffn())));
  }

  private boolean available(Variant variant) {
    return !space.trainable(variant) || weights(variant).isPresent();
  }

  private boolean givenUp(Variant variant) {
    return space.trainable(variant) && state.tasks().get(bldKey(variant)).quarantined();
  }

  private Optional<TaskResult.Trained> weights(Variant variant) {
    return space.trainable(variant)
        ? state.tasks().result(bldKey(variant), TaskResult.Trained.class)
        : Optional.empty();
  }

  /** Keys of the tasks that train a block's halves. */
  private List<String> halves(Block block) {
    return List.of(block.attention(), block.ffn()).stream()
        .filter(space::trainable)
        .map(this::bldKey)
        .toList();
  }

  private void score(String key, ScoredBlock score) {
    scores.add(score);
    scoresByTask.put(key, score);
  }

  private String bldKey(Variant variant) {
    return Task.Bld.key(state.layer(), variant);
  }

  private String scoreKey(Block block) {
    return Task.ScoreBlock.key(state.layer(), block, false);
  }
}
