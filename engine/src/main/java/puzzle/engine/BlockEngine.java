package puzzle.engine;

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
     * @param loss current training loss, NaN where the task has none
     */
    void progress(long done, long total, double loss);

    /**
     * Polled between steps; a cancelled task throws {@link
     * java.util.concurrent.CancellationException}.
     */
    boolean cancelled();

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
