package puzzle.actors.run;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import puzzle.model.CheckpointRef;
import puzzle.model.Part;
import puzzle.model.Task;
import puzzle.model.TaskResult;
import puzzle.persistence.TaskLedger;

/**
 * A long task that is done in parts, side by side, each of which is kept by itself; then it joins
 * what they made. A part that is given up takes the whole with it.
 *
 * @param whole undivided
 * @param parts in order; none if the task is done undivided
 * @param join the task with what its parts made, in order
 */
record SplitTask(Task whole, List<Task> parts, Function<List<CheckpointRef>, Task> join) {

  /**
   * @param count of parts; 1 for undivided
   * @param unit what parts begin and end with
   */
  static SplitTask of(Task whole, int count, int unit, Function<List<CheckpointRef>, Task> join) {
    List<Task> parts = new ArrayList<>();
    for (int i = 0; count > 1 && i < count; i++) {
      parts.add(new Task.PartOf(whole, new Part(i, count, unit)));
    }
    return new SplitTask(whole, parts, join);
  }

  /** Keys of the whole and of its parts. */
  static List<String> keys(String whole, int count) {
    List<String> keys = new ArrayList<>(List.of(whole));
    for (int i = 0; count > 1 && i < count; i++) {
      keys.add(Task.PartOf.key(whole, i));
    }
    return keys;
  }

  int total() {
    return parts.size() + 1;
  }

  /** True if there is nothing left to do: it is joined, or can no longer be. */
  boolean settled(TaskLedger ledger) {
    return ledger.settled(whole.key())
        || parts.stream().anyMatch(p -> ledger.get(p.key()).quarantined());
  }

  /** What can run now. */
  List<Task> next(TaskLedger ledger) {
    if (settled(ledger)) {
      return List.of();
    }
    List<Task> left = new ArrayList<>();
    List<CheckpointRef> made = new ArrayList<>();
    for (Task part : parts) {
      ledger
          .result(part.key(), TaskResult.PartMade.class)
          .ifPresentOrElse(p -> made.add(p.file()), () -> left.add(part));
    }
    return left.isEmpty() ? List.of(join.apply(made)) : left;
  }

  /** Of the whole and its parts, how many are settled. */
  int done(TaskLedger ledger) {
    return settled(ledger)
        ? total()
        : (int) parts.stream().filter(p -> ledger.settled(p.key())).count();
  }
}
