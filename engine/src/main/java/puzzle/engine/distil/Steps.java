package puzzle.engine.distil;

import java.util.concurrent.CancellationException;
import puzzle.engine.BlockEngine.Monitor;

/** What every training loop does between two steps. */
public final class Steps {

  private Steps() {}

  /**
   * Reports progress and stops a cancelled task.
   *
   * @throws CancellationException if the task is no longer wanted
   */
  public static void check(Monitor monitor, long done, long total, double loss) {
    monitor.progress(done, total, loss);
    if (monitor.cancelled()) {
      throw new CancellationException("cancelled after " + done + " of " + total);
    }
  }
}
