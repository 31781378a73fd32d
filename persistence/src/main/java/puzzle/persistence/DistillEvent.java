package puzzle.persistence;

import java.util.Objects;
import puzzle.model.RunSpec;
import puzzle.model.Task;
import puzzle.protocol.Wire;

/** What happened to the global distillation of a run's child. */
public sealed interface DistillEvent extends Wire
    permits TaskEvent,
        DistillEvent.HealingOrdered,
        DistillEvent.HealingPaused,
        DistillEvent.HealingAbandoned {

  /**
   * The first event, and the first after each pause and for each other child.
   *
   * @param retries how often it was asked to try again what was given up
   */
  record HealingOrdered(RunSpec spec, Task.Heal task, int retries) implements DistillEvent {

    public HealingOrdered(RunSpec spec, Task.Heal task) {
      this(spec, task, 0);
    }

    public HealingOrdered {
      Objects.requireNonNull(spec, "spec");
      Objects.requireNonNull(task, "task");
    }
  }

  /** No further task is granted. */
  record HealingPaused() implements DistillEvent {}

  record HealingAbandoned() implements DistillEvent {}
}
