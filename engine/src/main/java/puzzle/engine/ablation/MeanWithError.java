package puzzle.engine.ablation;

import java.util.Collection;

/**
 * A mean over seeds.
 *
 * @param error standard error of the mean; 0 if there is one value only
 */
public record MeanWithError(double mean, double error, int count) {

  static MeanWithError of(Collection<Double> values) {
    int n = values.size();
    double mean = values.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
    double squares = values.stream().mapToDouble(v -> (v - mean) * (v - mean)).sum();
    return new MeanWithError(mean, n < 2 ? 0 : Math.sqrt(squares / (n - 1.0) / n), n);
  }
}
