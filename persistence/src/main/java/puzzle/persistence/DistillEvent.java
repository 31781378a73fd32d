package puzzle.persistence;

import java.util.Objects;
import puzzle.model.RunSpec;
import puzzle.model.Task;
import puzzle.protocol.Wire;

/** What happened to the global distillation of a run's child. */
public sealed interface DistillEvent extends Wire
    permits TaskEvent, DistillEvent.HealingOrdered, DistillEvent.HealingAbandoned {

  /** The first event. */
  record HealingOrdered(RunSpec spec, Task.Heal task) implements DistillEvent {
    public HealingOrdered {
      Objects.requireNonNull(spec, "spec");
      Objects.requireNonNull(task, "task");
    }
  }

  record HealingAbandoned() implements DistillEvent {}
}
