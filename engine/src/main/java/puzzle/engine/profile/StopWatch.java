package puzzle.engine.profile;

import java.util.Arrays;

/** Timed runs of one thing: the median counts, the interquartile range says how steady it was. */
final class StopWatch {

  private final double[] seconds;
  private int count;

  StopWatch(int runs) {
    seconds = new double[runs];
  }

  void add(double sample) {
    seconds[count++] = sample;
  }

  double median() {
    return quantile(0.5);
  }

  /** Interquartile range over median; 0 for what takes no time. */
  double relativeSpread() {
    double median = median();
    return median == 0 ? 0 : (quantile(0.75) - quantile(0.25)) / median;
  }

  private double quantile(double share) {
    if (count == 0) {
      return 0;
    }
    double[] sorted = Arrays.copyOf(seconds, count);
    Arrays.sort(sorted);
    double at = share * (count - 1);
    int below = (int) at;
    int above = Math.min(count - 1, below + 1);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  }
}
