package puzzle.model;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * When a failed task is tried again: data, so that it travels with the task and is kept in the
 * journal.
 *
 * @param initial delay before the second attempt
 * @param factor each further delay is this much longer
 * @param max longest delay
 * @param jitter share of the delay that is drawn at random, 0 to 1
 * @param attempts attempts in all, the first included
 */
public record RetryPolicy(
    Duration initial, double factor, Duration max, double jitter, int attempts) {

  public static final RetryPolicy DEFAULT =
      new RetryPolicy(Duration.ofMillis(500), 2, Duration.ofSeconds(30), 0.2, 5);

  public RetryPolicy {
    if (initial.isNegative()
        || max.compareTo(initial) < 0
        || !(factor >= 1)
        || !(jitter >= 0 && jitter <= 1)
        || attempts < 1) {
      throw new IllegalArgumentException(
          "not a retry policy: %s x %s up to %s, jitter %s, %d attempts"
              .formatted(initial, factor, max, jitter, attempts));
    }
  }

  /** Whether a task that has failed {@code failed} times may run again. */
  public boolean allows(Failure failure, int failed) {
    return failure.kind().retryable() && failed < attempts;
  }

  /** Delay after the {@code failed}-th failure, counted from 1. */
  public Duration delay(int failed, RandomGenerator random) {
    double millis =
        Math.min(max.toMillis(), initial.toMillis() * Math.pow(factor, Math.max(0, failed - 1)));
    return Duration.ofMillis(Math.round(millis * (1 - jitter * random.nextDouble())));
  }
}
