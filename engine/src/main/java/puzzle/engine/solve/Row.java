package puzzle.engine.solve;

import java.util.Objects;
import puzzle.model.InvalidInputException;

/**
 * A limit on the sum of one stat over the chosen blocks: {@code lower <= sum <= upper}, in the
 * stat's unit. What is fixed outside the choice (embeddings, head, workspace) has been subtracted.
 *
 * @param lower negative infinity where there is none
 * @param upper positive infinity where there is none
 */
public record Row(String stat, double lower, double upper) {

  /** A limit is kept if the exact sum exceeds it by no more than this, relative: decimals. */
  static final double TOLERANCE = 1e-12;

  public Row {
    Objects.requireNonNull(stat, "stat");
    if (Double.isNaN(lower)
        || Double.isNaN(upper)
        || lower == Double.POSITIVE_INFINITY
        || upper == Double.NEGATIVE_INFINITY) {
      throw new InvalidInputException(
          "limit on %s: [%s, %s] is not a range.\nMaybe write a finite number."
              .formatted(stat, lower, upper));
    }
  }

  public static Row atMost(String stat, double upper) {
    return new Row(stat, Double.NEGATIVE_INFINITY, upper);
  }

  public static Row atLeast(String stat, double lower) {
    return new Row(stat, lower, Double.POSITIVE_INFINITY);
  }

  public boolean hasLower() {
    return lower != Double.NEGATIVE_INFINITY;
  }

  public boolean hasUpper() {
    return upper != Double.POSITIVE_INFINITY;
  }

  /** By how much a sum breaks the limit, relative to it; 0 if it keeps it. */
  public double excess(double sum) {
    if (hasUpper() && sum > upper + TOLERANCE * Math.abs(upper)) {
      return (sum - upper) / Math.max(1e-300, Math.abs(upper));
    }
    if (hasLower() && sum < lower - TOLERANCE * Math.abs(lower)) {
      return (lower - sum) / Math.max(1e-300, Math.abs(lower));
    }
    return 0;
  }
}
