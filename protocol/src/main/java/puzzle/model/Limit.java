package puzzle.model;

import java.util.Objects;

/**
 * One limit of a target, on the whole assembled model (appendix B).
 *
 * @param value in the stat's unit, or a multiple of the parent's own value
 * @param timesParent true if {@code value} multiplies what the parent needs
 */
public record Limit(Stat stat, double value, boolean timesParent) {

  /** What can be limited, with its unit and direction. */
  public enum Stat {
    /** Weights and KV cache, bytes; at most. */
    MEMORY(true),
    /** Generated tokens per second over the whole workload; at least. */
    THROUGHPUT(false),
    /** The whole workload, seconds; at most. */
    LATENCY(true),
    /** The prompt alone, seconds; at most. */
    TIME_TO_FIRST_TOKEN(true),
    /** Parameters; at most. */
    PARAMETERS(true);

    private final boolean upper;

    Stat(boolean upper) {
      this.upper = upper;
    }

    /** True for "at most", false for "at least". */
    public boolean upper() {
      return upper;
    }
  }

  public Limit {
    Objects.requireNonNull(stat, "stat");
    if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("a limit is a positive number: " + stat + " " + value);
    }
  }
}
