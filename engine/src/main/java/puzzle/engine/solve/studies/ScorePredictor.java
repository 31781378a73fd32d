package puzzle.engine.solve.studies;

import java.util.Arrays;

/**
 * Predicts the score of a composed block from the scores of its two halves, with an interval.
 *
 * <p>The ratio of a composed score to the sum of its halves' scores is close to log-normal around a
 * mean that depends on the layer and on both variants. So: log ratio = mean + layer + attention +
 * FFN effect + residual, the effects fitted by a few rounds of shrunken averages (an effect seen n
 * times counts n / (n + 4)), the residual's spread by its standard deviation. The lower end of the
 * interval is the prediction times exp(-width * spread): a confidence, not a proof.
 */
final class ScorePredictor {

  private static final double SHRINKAGE = 4;
  private static final int ROUNDS = 8;
  private static final double PRIOR_LOG_RATIO = Math.log(0.76);
  private static final double PRIOR_SPREAD = 0.2;
  private static final int PRIOR_WEIGHT = 10;

  private final double[] effects;
  private final int attentions;
  private final int layers;
  private double mean;
  private double spread;

  /** One composed block that has been scored. */
  record Sample(int layer, int attention, int ffn, double logRatio) {}

  ScorePredictor(int layers, int attentions, int ffns) {
    this.layers = layers;
    this.attentions = attentions;
    this.effects = new double[layers + attentions + ffns];
    this.mean = PRIOR_LOG_RATIO;
    this.spread = PRIOR_SPREAD;
  }

  void fit(Iterable<Sample> samples) {
    double sum = PRIOR_WEIGHT * PRIOR_LOG_RATIO;
    int count = 0;
    for (Sample s : samples) {
      sum += s.logRatio;
      count++;
    }
    mean = sum / (count + PRIOR_WEIGHT);
    Arrays.fill(effects, 0);
    double[] total = new double[effects.length];
    int[] seen = new int[effects.length];
    for (int round = 0; round < ROUNDS; round++) {
      for (int part = 0; part < 3; part++) {
        Arrays.fill(total, 0);
        Arrays.fill(seen, 0);
        for (Sample s : samples) {
          int at = place(s.layer, s.attention, s.ffn, part);
          total[at] += s.logRatio - predict(s.layer, s.attention, s.ffn) + effects[at];
          seen[at]++;
        }
        for (int i = 0; i < effects.length; i++) {
          if (seen[i] > 0) {
            effects[i] = total[i] / (seen[i] + SHRINKAGE);
          }
        }
      }
    }
    double squares = PRIOR_WEIGHT * PRIOR_SPREAD * PRIOR_SPREAD;
    for (Sample s : samples) {
      double residual = s.logRatio - predict(s.layer, s.attention, s.ffn);
      squares += residual * residual;
    }
    spread = Math.sqrt(squares / (count + PRIOR_WEIGHT));
  }

  private int place(int layer, int attention, int ffn, int part) {
    return switch (part) {
      case 0 -> layer;
      case 1 -> layers + attention;
      default -> layers + attentions + ffn;
    };
  }

  private double predict(int layer, int attention, int ffn) {
    return mean + effects[layer] + effects[layers + attention] + effects[layers + attentions + ffn];
  }

  /**
   * A score that the block will exceed with the confidence of {@code width} standard deviations.
   *
   * @param sum of the halves' scores
   */
  double low(int layer, int attention, int ffn, double sum, double width) {
    double factor = Math.exp(predict(layer, attention, ffn) - width * spread);
    return sum >= 0 ? sum * factor : sum / factor;
  }

  double spread() {
    return spread;
  }
}
