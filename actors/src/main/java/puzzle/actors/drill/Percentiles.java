package puzzle.actors.drill;

import java.time.Duration;
import java.util.List;

/** Seconds something took, over all the times it happened. Nearest rank; null without a sample. */
public record Percentiles(Double p50, Double p95, Double max) {

  static Percentiles of(List<Duration> samples) {
    List<Double> sorted = samples.stream().map(d -> d.toMillis() / 1e3).sorted().toList();
    return new Percentiles(rank(sorted, 0.50), rank(sorted, 0.95), rank(sorted, 1));
  }

  private static Double rank(List<Double> sorted, double share) {
    if (sorted.isEmpty()) {
      return null;
    }
    int rank = (int) Math.ceil(share * sorted.size());
    return sorted.get(Math.max(rank, 1) - 1);
  }
}
