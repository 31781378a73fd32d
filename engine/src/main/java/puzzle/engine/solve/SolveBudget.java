package puzzle.engine.solve;

import java.time.Duration;
import java.util.Objects;
import java.util.function.BooleanSupplier;

/**
 * How long and how far to search.
 *
 * @param deadline wall time from the call; polled, so an answer may come a few milliseconds late
 * @param cancelled polled from the searching thread; true stops the search with what is known
 * @param gap relative gap at which to stop; 0 asks for a proof of optimality
 * @param threads 1 is deterministic; 2 runs both exact methods side by side
 */
public record SolveBudget(Duration deadline, BooleanSupplier cancelled, double gap, int threads) {

  public SolveBudget {
    Objects.requireNonNull(deadline, "deadline");
    Objects.requireNonNull(cancelled, "cancelled");
    if (!(gap >= 0) || threads < 1) {
      throw new IllegalArgumentException("gap " + gap + ", threads " + threads);
    }
  }

  public SolveBudget(Duration deadline, BooleanSupplier cancelled, double gap) {
    this(deadline, cancelled, gap, 1);
  }

  public static SolveBudget of(Duration deadline) {
    return new SolveBudget(deadline, () -> false, 0);
  }

  /** Until proven. */
  public static SolveBudget unlimited() {
    return of(Duration.ofDays(365));
  }

  /** This budget for several searches in a row: its deadline counts from now, for all of them. */
  public SolveBudget fromNow() {
    Clock clock = new Clock(this);
    return new SolveBudget(deadline, clock::expired, gap, threads);
  }

  public SolveBudget withGap(double relative) {
    return new SolveBudget(deadline, cancelled, relative, threads);
  }
}
