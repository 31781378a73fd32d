package puzzle.persistence;

import puzzle.model.RunSpec;
import puzzle.model.Task;
import puzzle.protocol.Wire;

/**
 * All that is on record about the global distillation of a run's child.
 *
 * @param spec null before the order, like the task
 * @param retries how often what was given up was tried again
 * @param paused true if no further task is granted
 */
public record GkdState(
    RunSpec spec, Task.Gkd task, TaskLedger tasks, int retries, boolean paused, boolean abandoned)
    implements OwnerState, Wire {

  public static final GkdState EMPTY = new GkdState(null, null, TaskLedger.EMPTY, 0, false, false);

  public GkdState {
    tasks = tasks == null ? TaskLedger.EMPTY : tasks;
  }

  /** True if there is an order and it stands. */
  public boolean active() {
    return spec != null && !abandoned;
  }

  public GkdState on(GkdEvent event) {
    if (event instanceof TaskEvent e) {
      return new GkdState(spec, task, tasks.on(e), retries, paused, abandoned);
    }
    if (event instanceof GkdEvent.GkdOrdered e) {
      return new GkdState(e.spec(), e.task(), tasks, e.retries(), false, false);
    }
    if (event instanceof GkdEvent.GkdPaused) {
      return new GkdState(spec, task, tasks, retries, true, abandoned);
    }
    if (event instanceof GkdEvent.GkdAbandoned) {
      return new GkdState(spec, task, tasks, retries, paused, true);
    }
    throw new IllegalArgumentException("unknown event of a distillation: " + event);
  }
}
