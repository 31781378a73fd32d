package puzzle.actors.node;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Whether this process has slept for so long that the others may have replaced it: stopped, swapped
 * out, its machine suspended. What it was about to write then is about a past that others have gone
 * on from; and it wakes up before anybody has told it. A thread looks at the clock every moment, so
 * a long time between two looks was a sleep. Whoever asks before that thread has woken up sees the
 * same.
 */
final class SleepDetector {

  private static final long BEAT_MILLIS = 200;

  private final long limitNanos;
  private final LongSupplier nanos;
  private volatile long beat;
  private volatile boolean begun;
  private volatile boolean slept;

  /**
   * @param limit others need at least so long to continue without this process
   */
  SleepDetector(Duration limit, LongSupplier nanos) {
    this.limitNanos = limit.toNanos();
    this.nanos = nanos;
  }

  /** Counts from now on: a start that takes long is no sleep, and nobody has to be replaced yet. */
  void begin() {
    beat = nanos.getAsLong();
    begun = true;
  }

  /** Looks every moment from now on, and says so once it was a sleep. */
  void start(Runnable onSleep) {
    begin();
    Thread thread =
        new Thread(
            () -> {
              try {
                while (!look()) {
                  TimeUnit.MILLISECONDS.sleep(BEAT_MILLIS);
                }
                onSleep.run();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            "pulse");
    thread.setDaemon(true);
    thread.setPriority(Thread.MAX_PRIORITY);
    thread.start();
  }

  /** True from the first long sleep on, for ever. */
  boolean slept() {
    return slept || begun && nanos.getAsLong() - beat > limitNanos;
  }

  /** One beat; returns what {@link #slept()} does. */
  boolean look() {
    if (slept()) {
      slept = true;
    } else {
      beat = nanos.getAsLong();
    }
    return slept;
  }
}
