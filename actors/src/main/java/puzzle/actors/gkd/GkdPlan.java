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
import puzzle.persistence.TaskLedger;

/**
 * What a global distillation needs next, read off what is on record; a function of the state and
 * nothing else.
 *
 * <p>Rounds follow each other; within a round every shard is a task of its own, for whichever
 * device is free. A round starts from the mean of the states after the one before, in the order of
 * the shards, so it waits for all of them. After the last round the mean becomes the child.
 */
final class GkdPlan {

  private final GkdState state;
  private final List<Wanted> wanted = new ArrayList<>();
  private final List<TaskResult.HeldOut> heldOut = new ArrayList<>();
  private Failure givenUp;
  private TaskResult.Healed healed;

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

  /** Tasks of the round before the given task's whose state a failure names. */
  List<String> damaged(String key, Failure failure) {
    String[] parts = key.split("/");
    int round = parts.length == 3 ? Integer.parseInt(parts[1]) : state.spec().gkd().rounds();
    List<String> keys = new ArrayList<>();
    for (int shard = 0; round > 0 && shard < state.spec().gkd().shards(); shard++) {
      String source = round(state.task(), round - 1, shard, List.of()).key();
      state
          .tasks()
          .result(source, TaskResult.ShardTrained.class)
          .filter(done -> failure.message().contains(done.state().path()))
          .ifPresent(done -> keys.add(source));
    }
    return keys;
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
    }
    if (end.result() instanceof TaskResult.Healed h) {
      collect(gkd);
      heldOut.addAll(h.heldOut());
      healed = new TaskResult.Healed(h.child(), h.steps(), heldOut);
    } else {
      want(new Task.Gkd(order.architecture(), order.layers(), order.recording(), from));
    }
  }

  /** States of the shards that are through with a round. */
  private List<CheckpointRef> planRound(int round, List<CheckpointRef> from) {
    List<CheckpointRef> states = new ArrayList<>();
    for (int shard = 0; shard < state.spec().gkd().shards(); shard++) {
      Task task = round(state.task(), round, shard, from);
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
        state
            .tasks()
            .result(
                round(state.task(), round, shard, List.of()).key(), TaskResult.ShardTrained.class)
            .ifPresent(done -> heldOut.addAll(done.heldOut()));
      }
    }
  }

  private void want(Task task) {
    wanted.add(Wanted.of(task, Priority.GKD));
  }

  private static Task.GkdRound round(
      Task.Gkd order, int round, int shard, List<CheckpointRef> from) {
    return new Task.GkdRound(
        order.architecture(), order.layers(), order.recording(), round, shard, from);
  }
}
