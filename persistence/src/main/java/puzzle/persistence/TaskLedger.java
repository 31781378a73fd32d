package puzzle.persistence;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import puzzle.model.Failure;
import puzzle.model.TaskResult;
import puzzle.protocol.Wire;

/** Every task some owner ever had an attempt at, by key: attempts, failures, results. */
public record TaskLedger(Map<String, Entry> entries) implements Wire {

  public static final TaskLedger EMPTY = new TaskLedger(Map.of());

  private static final Entry NEW = new Entry(0, "", false, 0, 0, null, null, false, 0);

  /**
   * One task.
   *
   * @param attempt the last one granted; 0 before the first
   * @param device that got the last grant
   * @param live true while that attempt is neither over nor given up
   * @param failures attempts a device reported as failed, for other reasons than want of storage
   * @param losses attempts that nothing was heard of any more
   * @param lastFailure null before the first
   * @param result null until there is one
   * @param quarantined true once the task is given up
   * @param tooLarge failures for lack of memory: each halves the micro-batch
   */
  public record Entry(
      int attempt,
      String device,
      boolean live,
      int failures,
      int losses,
      Failure lastFailure,
      TaskResult result,
      boolean quarantined,
      int tooLarge) {

    /** True if there is nothing left to do. */
    public boolean settled() {
      return result != null || quarantined;
    }
  }

  public TaskLedger {
    entries = entries == null ? Map.of() : Map.copyOf(entries);
  }

  public Entry get(String key) {
    return entries.getOrDefault(key, NEW);
  }

  public boolean settled(String key) {
    return get(key).settled();
  }

  /** The result of a task, if it has one of that type. */
  public <R extends TaskResult> Optional<R> result(String key, Class<R> type) {
    return Optional.ofNullable(get(key).result()).filter(type::isInstance).map(type::cast);
  }

  /** Keys of tasks that were given up; a variant that diverged is a result and not among them. */
  public List<String> failed() {
    return entries.entrySet().stream()
        .filter(e -> e.getValue().quarantined())
        .filter(e -> e.getValue().lastFailure().kind() != Failure.Kind.DIVERGED)
        .map(Map.Entry::getKey)
        .sorted()
        .toList();
  }

  public TaskLedger on(TaskEvent event) {
    Entry e = get(event.key());
    Map<String, Entry> changed = new HashMap<>(entries);
    changed.put(event.key(), folded(e, event));
    return new TaskLedger(changed);
  }

  private static Entry folded(Entry e, TaskEvent event) {
    if (event instanceof TaskEvent.AttemptStarted s) {
      return new Entry(
          s.attempt(),
          s.device(),
          true,
          e.failures,
          e.losses,
          e.lastFailure,
          e.result,
          false,
          e.tooLarge);
    }
    if (event instanceof TaskEvent.AttemptFailed f) {
      boolean stored = f.failure().kind() != Failure.Kind.NO_STORAGE;
      return new Entry(
          Math.max(e.attempt, f.attempt()),
          e.device,
          false,
          e.failures + (stored && !f.lost() ? 1 : 0),
          e.losses + (f.lost() ? 1 : 0),
          f.failure(),
          e.result,
          !f.retried(),
          e.tooLarge + (f.failure().kind() == Failure.Kind.OUT_OF_MEMORY ? 1 : 0));
    }
    if (event instanceof TaskEvent.TaskFinished f) {
      return new Entry(
          Math.max(e.attempt, f.attempt()),
          e.device,
          false,
          e.failures,
          e.losses,
          e.lastFailure,
          f.result(),
          false,
          e.tooLarge);
    }
    if (event instanceof TaskEvent.TaskRenewed) {
      // One attempt is skipped: it may be on its way to a device.
      return new Entry(e.attempt + 1, e.device, false, 0, 0, null, null, false, e.tooLarge);
    }
    return new Entry(
        e.attempt, e.device, false, e.failures, e.losses, e.lastFailure, null, false, e.tooLarge);
  }
}
