package puzzle.model;

/**
 * How much worse the parent gets with one block replaced (section 4.2), in nats per token for the
 * KL divergence. Never NaN or infinite: such a measurement is a {@link Failure}, not a score.
 *
 * @param standardError of the mean over sequences, same unit; 0 where unknown
 */
public record Score(double value, double standardError, Kind kind) {

  /** Where a score comes from. */
  public enum Kind {
    /** Sum of the two subblocks' own scores: a proxy until the composed block is measured. */
    PREDICTED,
    /** Measured with exactly this block in the parent. */
    MEASURED
  }

  public Score {
    if (!Double.isFinite(value) || !Double.isFinite(standardError) || standardError < 0) {
      throw new IllegalArgumentException(
          "a score is a finite number, not " + value + " ± " + standardError);
    }
  }

  public static Score measured(double value, double standardError) {
    return new Score(value, standardError, Kind.MEASURED);
  }

  public static Score predicted(double value) {
    return new Score(value, 0, Kind.PREDICTED);
  }
}
