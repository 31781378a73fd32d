package puzzle.engine.solve;

import java.util.function.BooleanSupplier;

/** When to stop: a deadline and a cancellation. */
final class Clock {

  private final long began = System.nanoTime();
  private final long limit;
  private final BooleanSupplier cancelled;

  Clock(SolveBudget budget) {
    long nanos;
    try {
      nanos = budget.deadline().toNanos();
    } catch (ArithmeticException e) {
      nanos = Long.MAX_VALUE;
    }
    this.limit = nanos;
    this.cancelled = budget.cancelled();
  }

  private Clock(long limit, BooleanSupplier cancelled) {
    this.limit = limit;
    this.cancelled = cancelled;
  }

  /** The same, ended by one more signal. */
  Clock orWhen(BooleanSupplier signal) {
    return new Clock(Long.MAX_VALUE, () -> signal.getAsBoolean() || expired());
  }

  boolean expired() {
    return System.nanoTime() - began > limit || cancelled.getAsBoolean();
  }

  double seconds() {
    return (System.nanoTime() - began) * 1e-9;
  }
}
