package puzzle.engine;

import java.util.concurrent.CancellationException;
import puzzle.model.RunSpec;
import puzzle.model.Task;
import puzzle.model.TaskResult;

/**
 * Runs tasks on one device, one at a time, on the thread that calls. Holds no state that matters:
 * what a task leaves behind is in the run's store, complete or absent.
 */
public interface BlockEngine extends AutoCloseable {

  /**
   * Runs one task to its end.
   *
   * @throws TaskFailedException with the kind of failure
   */
  TaskResult run(RunSpec spec, Task task, Monitor monitor) throws TaskFailedException;

  /** Frees the device. */
  @Override
  void close();

  /** How a running task is watched and stopped. */
  interface Monitor {
    /**
     * Called now and then from the running thread; cheap.
     *
     * @param loss current training loss, NaN if the task has none
     */
    void progress(long done, long total, double loss);

    /** Polled between steps; a cancelled task throws {@link CancellationException}. */
    boolean cancelled();

    /**
     * Between two steps: reports progress and stops a task that is no longer wanted.
     *
     * @throws CancellationException if the task was cancelled
     */
    default void step(long done, long total, double loss) {
      progress(done, total, loss);
      if (cancelled()) {
        throw new CancellationException("cancelled after " + done + " of " + total);
      }
    }

    /**
     * From within a long piece of work that is no step: says that it continues, and stops a task
     * that is no longer wanted. Cheap; progress stays where it is.
     *
     * @throws CancellationException if the task was cancelled
     */
    default void alive() {
      if (cancelled()) {
        throw new CancellationException("cancelled");
      }
    }

    Monitor NONE =
        new Monitor() {
          @Override
          public void progress(long done, long total, double loss) {}

          @Override
          public boolean cancelled() {
            return false;
          }
        };
  }
}
