package puzzle.persistence;

import puzzle.model.RunSpec;
import puzzle.model.Task;
import puzzle.protocol.Wire;

/**
 * All that is on record about the global distillation of a run's child.
 *
 * @param spec null before the order, like the task
 */
public record DistillState(RunSpec spec, Task.Heal task, TaskLedger tasks, boolean abandoned)
    implements Wire {

  public static final DistillState EMPTY = new DistillState(null, null, TaskLedger.EMPTY, false);

  public DistillState {
    tasks = tasks == null ? TaskLedger.EMPTY : tasks;
  }

  /** True where there is an order and it stands. */
  public boolean active() {
    return spec != null && !abandoned;
  }

  public DistillState on(DistillEvent event) {
    if (event instanceof TaskEvent e) {
      return new DistillState(spec, task, tasks.on(e), abandoned);
    }
    if (event instanceof DistillEvent.HealingOrdered e) {
      return new DistillState(e.spec(), e.task(), tasks, false);
    }
    if (event instanceof DistillEvent.HealingAbandoned) {
      return new DistillState(spec, task, tasks, true);
    }
    throw new IllegalArgumentException("unknown event of a distillation: " + event);
  }
}
