package puzzle.actors.work;

import puzzle.cluster.PuzzleSettings;
import puzzle.model.Failure;
import puzzle.model.MicroBatch;
import puzzle.model.RunSpec;
import puzzle.model.Task;
import puzzle.persistence.TaskLedger;

/**
 * Whether a task whose attempt has just ended without a result is tried again; a function of what
 * is on record. The {@link puzzle.model.RetryPolicy} of the run decides for most failures; three
 * kinds have rules of their own.
 */
final class RetryDecision {

  private RetryDecision() {}

  /**
   * After a failure.
   *
   * <ul>
   *   <li>A device that was taken away says nothing about the task: it has a limit of its own.
   *   <li>Want of storage is waited for, without a limit.
   *   <li>Lack of memory has a count of its own if the passes can be made smaller: down to passes
   *       of one sequence, whatever the policy says of other failures.
   * </ul>
   *
   * @param entry as it was before this failure
   * @param task null if the owner no longer wants it
   */
  static boolean again(
      TaskLedger.Entry entry,
      Failure failure,
      Task task,
      RunSpec spec,
      PuzzleSettings.Lease settings) {
    if (failure.kind() == Failure.Kind.DEVICE_LOST) {
      return again(entry, settings);
    }
    if (failure.kind() == Failure.Kind.NO_STORAGE) {
      return true;
    }
    int halvings = task == null ? 0 : MicroBatch.halvings(spec, task);
    if (failure.kind() == Failure.Kind.OUT_OF_MEMORY && halvings > 0) {
      return entry.tooLarge() < halvings;
    }
    int others = entry.failures() - (halvings > 0 ? entry.tooLarge() : 0);
    return spec.retries().allows(failure, others + 1);
  }

  /** After the loss of the device. */
  static boolean again(TaskLedger.Entry entry, PuzzleSettings.Lease settings) {
    return entry.losses() + 1 < settings.losses();
  }
}
