package puzzle.actors.run;

import java.util.ArrayList;
import java.util.List;
import puzzle.model.CheckpointRef;
import puzzle.model.DivisibleTask;
import puzzle.model.Part;
import puzzle.model.RunSpec;
import puzzle.model.Task;
import puzzle.model.TaskPart;
import puzzle.model.TaskResult;
import puzzle.persistence.TaskLedger;

/**
 * A long task that is done in parts, side by side, each of which is kept by itself; then it joins
 * what they made. A part that is given up takes the whole with it.
 *
 * @param parts in order; none if the task is done undivided
 */
record SplitTask(DivisibleTask whole, List<Task> parts) {

  /**
   * @param count of parts; 1 for undivided
   */
  static SplitTask of(DivisibleTask whole, int count, RunSpec run) {
    List<Task> parts = new ArrayList<>();
    for (int i = 0; count > 1 && i < count; i++) {
      parts.add(new TaskPart(whole, new Part(i, count, whole.unit(run))));
    }
    return new SplitTask(whole, parts);
  }

  /** Keys of the whole and of its parts. */
  static List<String> keys(String whole, int count) {
    List<String> keys = new ArrayList<>(List.of(whole));
    for (int i = 0; count > 1 && i < count; i++) {
      keys.add(TaskPart.key(whole, i));
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
    return left.isEmpty() ? List.of(whole.joining(made)) : left;
  }

  /** Of the whole and its parts, how many are settled. */
  int done(TaskLedger ledger) {
    return settled(ledger)
        ? total()
        : (int) parts.stream().filter(p -> ledger.settled(p.key())).count();
  }
}
