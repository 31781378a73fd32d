package puzzle.actors.cli.cluster;

import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import org.slf4j.LoggerFactory;
import puzzle.actors.cli.console.ExitCode;

/**
 * Ends a process whose node was put out, whatever keeps it: native code that hangs, or connections
 * to nodes that do not answer, which the transport sometimes waits for without an end. A service
 * manager can only start again what has ended, and a device that nobody has is lost to all runs.
 */
final class ForcedExit {

  private static final int STACK = 8;

  private final Duration patience;
  private final IntConsumer halt;

  /**
   * @param patience for an orderly end
   * @param halt ends the process with an exit status
   */
  ForcedExit(Duration patience, IntConsumer halt) {
    this.patience = patience;
    this.halt = halt;
  }

  /** Nothing but the end of the process stops it. */
  void begin() {
    Thread thread = new Thread(this::run, "halt");
    thread.setDaemon(true);
    thread.start();
  }

  private void run() {
    try {
      TimeUnit.NANOSECONDS.sleep(patience.toNanos());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    // No constant: the log's place is only known once the command line has been read.
    LoggerFactory.getLogger(ForcedExit.class)
        .error("halted, not stopped after {}: {}", patience, busy());
    halt.accept(ExitCode.REFUSED);
  }

  /** What the threads do that run, and those that keep the process alive. */
  static String busy() {
    StringBuilder text = new StringBuilder();
    Thread.getAllStackTraces()
        .forEach(
            (thread, stack) -> {
              if (!thread.isDaemon() || thread.getState() == Thread.State.RUNNABLE) {
                text.append('\n').append(thread.getName()).append(' ').append(thread.getState());
                Arrays.stream(stack).limit(STACK).forEach(f -> text.append(" < ").append(f));
              }
            });
    return text.toString();
  }
}
