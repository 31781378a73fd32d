package puzzle.persistence;

import java.util.Objects;
import puzzle.model.RunSpec;
import puzzle.model.Task;
import puzzle.protocol.Wire;

/** What happened to the global distillation of a run's child. */
public sealed interface GkdEvent extends Wire
    permits TaskEvent, GkdEvent.GkdOrdered, GkdEvent.GkdPaused, GkdEvent.GkdAbandoned {

  /**
   * The first event, and the first after each pause and for each other child.
   *
   * @param retries how often it was asked to try again what was given up
   */
  record GkdOrdered(RunSpec spec, Task.Gkd task, int retries) implements GkdEvent {

    public GkdOrdered(RunSpec spec, Task.Gkd task) {
      this(spec, task, 0);
    }

    public GkdOrdered {
      Objects.requireNonNull(spec, "spec");
      Objects.requireNonNull(task, "task");
    }
  }

  /** No further task is granted. */
  record GkdPaused() implements GkdEvent {}

  record GkdAbandoned() implements GkdEvent {}
}
