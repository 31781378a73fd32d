package puzzle.actors.gkd;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import puzzle.actors.work.Priority;
import puzzle.actors.work.Wanted;
import puzzle.model.CheckpointRef;
import puzzle.model.Failure;
import puzzle.model.RunSpec;
import puzzle.model.Task;
import puzzle.model.TaskResult;
import puzzle.persistence.GkdState;
import puzzle.persistence.TaskEvent;
import puzzle.persistence.TaskLedger;

/**
 * What a global distillation needs next, read off what is on record; a function of the state and
 * nothing else.
 *
 * <p>Rounds follow each other; within a round every shard is a task of its own, for whichever
 * device is free. A round starts from the mean of the states after the one before, in the order of
 * the shards, so it waits for all of them. After the last round the mean becomes the child, unless
 * a child on the way was better.
 */
final class GkdPlan {

  private final GkdState state;
  private final List<Wanted> wanted = new ArrayList<>();
  private final List<TaskResult.HeldOut> heldOut = new ArrayList<>();
  private Failure givenUp;
  private TaskResult.Healed healed;
  private int rollbacks;

  /** Of the children measured before the rounds that are through; null if none was. */
  private TaskResult.HeldOut best;

  /**
   * @param state of a distillation that was ordered
   */
  GkdPlan(GkdState state) {
    this.state = state;
    plan();
  }

  /** Tasks that can run now. */
  List<Wanted> wanted() {
    return wanted;
  }

  /** The child with its way there, once there is one. */
  Optional<TaskResult.Healed> healed() {
    return Optional.ofNullable(healed);
  }

  /** Why there will be none. */
  Optional<Failure> givenUp() {
    return Optional.ofNullable(givenUp);
  }

  /**
   * Rounds that made what a failure of the given task names: states of the round before, which it
   * started from, or the best child.
   */
  List<TaskEvent> reopened(String key, Failure failure) {
    boolean asked = wanted.stream().anyMatch(w -> w.task().key().equals(key));
    List<TaskEvent> reopened = new ArrayList<>();
    for (int round = 0; asked && round < state.spec().gkd().rounds(); round++) {
      for (int shard = 0; shard < state.spec().gkd().shards(); shard++) {
        String source = Task.GkdRound.key(round, shard);
        if (!source.equals(key)
            && trained(source).stream()
                .flatMap(done -> done.files().stream())
                .anyMatch(file -> failure.message().contains(file.path()))) {
          reopened.add(new TaskEvent.TaskReopened(source, failure.message()));
        }
      }
    }
    return reopened;
  }

  private Optional<TaskResult.ShardTrained> trained(String key) {
    return state.tasks().result(key, TaskResult.ShardTrained.class);
  }

  private void plan() {
    RunSpec.Gkd gkd = state.spec().gkd();
    Task.Gkd order = state.task();
    TaskLedger.Entry end = state.tasks().get(order.key());
    if (end.quarantined()) {
      givenUp = end.lastFailure();
      return;
    }
    List<CheckpointRef> from = List.of();
    for (int round = 0; round < gkd.rounds() && end.result() == null; round++) {
      from = planRound(round, from);
      if (from.size() < gkd.shards()) {
        return;
      }
      learn(round);
    }
    if (end.result() instanceof TaskResult.Healed h) {
      collect(gkd);
      heldOut.addAll(h.heldOut());
      healed = new TaskResult.Healed(h.child(), h.steps(), h.rollbacks(), heldOut);
    } else {
      want(
          new Task.Gkd(
              order.architecture(), order.layers(), order.recording(), from, rollbacks, best));
    }
  }

  /** What a round that is through tells the rounds after it. */
  private void learn(int round) {
    for (int shard = 0; shard < state.spec().gkd().shards(); shard++) {
      TaskResult.ShardTrained done = trained(Task.GkdRound.key(round, shard)).orElseThrow();
      rollbacks = Math.max(rollbacks, done.rollbacks());
      for (TaskResult.HeldOut measured : done.heldOut()) {
        // A child that was not kept cannot be gone back to, but for the assembled one.
        if (measured.child() != null || measured.steps() == 0) {
          best = TaskResult.HeldOut.better(best, measured);
        }
      }
    }
  }

  /** States of the shards that are through with a round. */
  private List<CheckpointRef> planRound(int round, List<CheckpointRef> from) {
    Task.Gkd order = state.task();
    List<CheckpointRef> states = new ArrayList<>();
    for (int shard = 0; shard < state.spec().gkd().shards(); shard++) {
      Task task =
          new Task.GkdRound(
              order.architecture(),
              order.layers(),
              order.recording(),
              round,
              shard,
              from,
              rollbacks,
              best);
      TaskLedger.Entry entry = state.tasks().get(task.key());
      if (entry.result() instanceof TaskResult.ShardTrained done) {
        states.add(done.state());
      } else if (entry.quarantined()) {
        givenUp = entry.lastFailure();
      } else {
        want(task);
      }
    }
    return states;
  }

  private void collect(RunSpec.Gkd gkd) {
    for (int round = 0; round < gkd.rounds(); round++) {
      for (int shard = 0; shard < gkd.shards(); shard++) {
        trained(Task.GkdRound.key(round, shard)).ifPresent(done -> heldOut.addAll(done.heldOut()));
      }
    }
  }

  private void want(Task task) {
    wanted.add(Wanted.of(task, Priority.GKD));
  }
}
