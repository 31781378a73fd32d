package puzzle.actors.gpu;

import java.util.function.LongSupplier;
import puzzle.engine.BlockEngine;

/**
 * What a running task shows of itself, written by its own thread and read by the device's actor:
 * how far it is, and when it last showed any sign of life. The other way round, whether it is to
 * stop.
 */
public final class TaskProgress implements BlockEngine.Monitor {

  /**
   * One report of progress.
   *
   * @param loss NaN if the task has none
   */
  public record Progress(long done, long total, double loss) {}

  private final LongSupplier nanos;
  private volatile Progress progress;
  private volatile long lastSign;
  private volatile boolean cancelled;

  TaskProgress(LongSupplier nanos) {
    this.nanos = nanos;
    this.lastSign = nanos.getAsLong();
  }

  @Override
  public void progress(long done, long total, double loss) {
    progress = new Progress(done, total, loss);
    lastSign = nanos.getAsLong();
  }

  @Override
  public boolean cancelled() {
    lastSign = nanos.getAsLong();
    return cancelled;
  }

  void cancel() {
    cancelled = true;
  }

  /** Latest progress, or null before the first. */
  Progress latest() {
    return progress;
  }

  long silentNanos() {
    return nanos.getAsLong() - lastSign;
  }
}
