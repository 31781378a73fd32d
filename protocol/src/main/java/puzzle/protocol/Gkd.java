package puzzle.protocol;

import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import puzzle.model.RunSpec;
import puzzle.model.Task;

/** Global distillation of one run's child; its entity id is the run's id. */
public interface Gkd {

  /** What it is told. */
  sealed interface Command permits Launch, Pause, Abandon, Reported, Internal {}

  /** The opening for messages an actor sends itself. */
  non-sealed interface Internal extends Command, NoSerializationVerificationNeeded {}

  /**
   * Begins, or continues; where it is through, it says so again. Another child takes the place of
   * an earlier one.
   *
   * @param retries how often it was asked to try again what was given up
   */
  record Launch(RunSpec spec, Task.Gkd task, int retries) implements Command, Wire {

    public Launch(RunSpec spec, Task.Gkd task) {
      this(spec, task, 0);
    }
  }

  /** Grants no further task until the next order; those that run are finished. */
  record Pause() implements Command, Wire {}

  /** Stops; what is recorded stays. */
  record Abandon() implements Command, Wire {}

  /** News of the distillation's task. */
  record Reported(Work.Report report) implements Command, Wire {}
}
