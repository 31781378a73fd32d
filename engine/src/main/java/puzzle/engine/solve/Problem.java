package puzzle.engine.solve;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A table and its limits, compiled for arithmetic: usable items only, flat arrays, every limit as
 * {@code sum w <= b}. Rows are scaled by powers of two, so nothing is rounded on the way.
 *
 * <p>Group g's items are the slots {@code start[g] .. start[g+1]-1}; {@code item[slot]} is the
 * table's index.
 */
final class Problem {

  final int groups;
  final int rows;
  final int[] start;
  final int[] item;

  /** The table's layer of each group. */
  final int[] layer;

  final double[] score;

  /** [row][slot]. */
  final double[][] weight;

  /** What the search may use: the limit with its tolerance. */
  final double[] budget;

  /** Table row of each row, its sign (+1 upper, -1 lower) and scale: w = sign * cost / scale. */
  final Source[] sources;

  /** Where a row comes from. {@code limit} is in the stat's unit. */
  record Source(int row, int sign, double scale, double limit) {}

  Problem(
      int[] start,
      int[] item,
      int[] layer,
      double[] score,
      double[][] weight,
      double[] budget,
      Source[] sources) {
    this.groups = start.length - 1;
    this.rows = weight.length;
    this.start = start;
    this.item = item;
    this.layer = layer;
    this.score = score;
    this.weight = weight;
    this.budget = budget;
    this.sources = sources;
  }

  int size(int group) {
    return start[group + 1] - start[group];
  }

  /** A linear form over the items with its limits. */
  record Form(double[][] value, double lower, double upper) {}

  /**
   * Every item of every layer, scored or not: slot = items of earlier layers + item.
   *
   * @param forms one per table row, then those of earlier solutions
   */
  static Problem compile(double[][] scores, List<Form> forms) {
    int groups = scores.length;
    int[] start = new int[groups + 1];
    for (int g = 0; g < groups; g++) {
      start[g + 1] = start[g] + scores[g].length;
    }
    int slots = start[groups];
    int[] item = new int[slots];
    double[] score = new double[slots];
    for (int g = 0, s = 0; g < groups; g++) {
      for (int j = 0; j < scores[g].length; j++) {
        item[s] = j;
        score[s++] = scores[g][j];
      }
    }
    List<double[]> weights = new ArrayList<>();
    List<Double> budgets = new ArrayList<>();
    List<Source> sources = new ArrayList<>();
    for (int r = 0; r < forms.size(); r++) {
      Form form = forms.get(r);
      for (int sign = 1; sign >= -1; sign -= 2) {
        double limit = sign > 0 ? form.upper : form.lower;
        if (Double.isInfinite(limit)) {
          continue;
        }
        double[] w = new double[slots];
        double largest = 0;
        for (int g = 0; g < groups; g++) {
          for (int s = start[g]; s < start[g + 1]; s++) {
            w[s] = sign * form.value[g][item[s]];
            largest = Math.max(largest, Math.abs(w[s]));
          }
        }
        double scale = largest == 0 ? 1 : Math.scalb(1.0, Math.getExponent(largest) + 1);
        for (int s = 0; s < slots; s++) {
          w[s] /= scale;
        }
        weights.add(w);
        budgets.add((sign * limit + Row.TOLERANCE * Math.abs(limit)) / scale);
        sources.add(new Source(r, sign, scale, limit));
      }
    }
    double[] budget = budgets.stream().mapToDouble(Double::doubleValue).toArray();
    int[] layer = new int[groups];
    Arrays.setAll(layer, g -> g);
    return new Problem(
        start,
        item,
        layer,
        score,
        weights.toArray(new double[0][]),
        budget,
        sources.toArray(new Source[0]));
  }

  /** Exact check of all rows: the sums of the given doubles, without rounding. */
  boolean keepsLimits(int[] slots) {
    for (int k = 0; k < rows; k++) {
      double sum = 0;
      double size = 0;
      for (int s : slots) {
        sum += weight[k][s];
        size += Math.abs(weight[k][s]);
      }
      double doubt = 1e-13 * (size + Math.abs(budget[k]));
      if (sum > budget[k] + doubt) {
        return false;
      }
      if (sum > budget[k] - doubt
          && exactSum(weight[k], slots).compareTo(new BigDecimal(budget[k])) > 0) {
        return false;
      }
    }
    return true;
  }

  /** Sum of the chosen scores, rounded once. */
  double objective(int[] slots) {
    return exactSum(score, slots).doubleValue();
  }

  private static BigDecimal exactSum(double[] values, int[] slots) {
    BigDecimal sum = BigDecimal.ZERO;
    for (int s : slots) {
      sum = sum.add(new BigDecimal(values[s]));
    }
    return sum;
  }
}
