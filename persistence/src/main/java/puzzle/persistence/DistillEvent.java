package puzzle.persistence;

import java.util.List;
import java.util.Objects;
import puzzle.model.Architecture;
import puzzle.model.RunSpec;
import puzzle.model.Task;
import puzzle.protocol.Wire;

/** What happened to the global distillation of a run's child. */
public sealed interface DistillEvent extends Wire
    permits TaskEvent, DistillEvent.HealingOrdered, DistillEvent.HealingAbandoned {

  /** The first event. */
  record HealingOrdered(RunSpec spec, Architecture architecture, List<Task.Weights> layers)
      implements DistillEvent {
    public HealingOrdered {
      Objects.requireNonNull(spec, "spec");
      Objects.requireNonNull(architecture, "architecture");
      layers = List.copyOf(layers);
    }
  }

  record HealingAbandoned() implements DistillEvent {}
}
