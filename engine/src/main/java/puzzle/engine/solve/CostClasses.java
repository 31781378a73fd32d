package puzzle.engine.solve;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which items of different layers cost the same. Where an item is a pair (attention, FFN) and costs
 * add, every slot has two cost classes; where only whole items repeat, one. Layers that agree in
 * their cost classes are interchangeable in every limit, which is what counting rows and the
 * merging of states exploit. Cost class {@code count()} stands for "none".
 */
record CostClasses(int[] group, int[] first, int[] second, int count) {

  private static final int MOST = 96;

  static CostClasses none(Problem problem) {
    int slots = problem.item.length;
    int[] group = groups(problem);
    int[] none = new int[slots];
    return new CostClasses(group, none, none, 0);
  }

  /**
   * Finds the cost classes: items whose weights agree in every row.
   *
   * <p>First whole items, then split into pairs where {@code index = a * width + f} has the same
   * weights in every layer and they are sums of an a-part and an f-part.
   */
  static CostClasses detect(Problem problem) {
    int slots = problem.item.length;
    int[] group = groups(problem);
    Map<List<Double>, Integer> byWeights = new HashMap<>();
    int[] whole = new int[slots];
    int most = 0;
    for (int s = 0; s < slots; s++) {
      List<Double> weights = new ArrayList<>(problem.rows);
      for (int k = 0; k < problem.rows; k++) {
        weights.add(problem.weight[k][s]);
      }
      whole[s] = byWeights.computeIfAbsent(weights, w -> byWeights.size());
      most = Math.max(most, problem.item[s] + 1);
    }
    if (byWeights.size() > MOST || 2 * byWeights.size() > slots) {
      return none(problem);
    }
    double[][] shared = new double[most][];
    boolean byIndex = true;
    int[] wholeOf = new int[most];
    for (int s = 0; s < slots; s++) {
      int j = problem.item[s];
      if (shared[j] == null) {
        shared[j] = new double[problem.rows];
        for (int k = 0; k < problem.rows; k++) {
          shared[j][k] = problem.weight[k][s];
        }
        wholeOf[j] = whole[s];
      }
      byIndex &= wholeOf[j] == whole[s];
    }
    int width = byIndex ? pairWidth(shared, problem.rows) : 0;
    int halves = width == 0 ? 0 : most / width;
    int count = width == 0 ? byWeights.size() : halves + width;
    int[] first = new int[slots];
    int[] second = new int[slots];
    for (int s = 0; s < slots; s++) {
      first[s] = width == 0 ? whole[s] : problem.item[s] / width;
      second[s] = width == 0 ? count : halves + problem.item[s] % width;
    }
    return new CostClasses(group, first, second, count);
  }

  /** The width for which all weights are sums of two parts; 0 if there is none. */
  static int pairWidth(double[][] w, int rows) {
    for (int width = w.length / 2; width >= 2; width--) {
      if (w.length % width == 0 && isSum(w, width, rows)) {
        return width;
      }
    }
    return 0;
  }

  private static boolean isSum(double[][] w, int width, int rows) {
    for (int j = 0; j < w.length; j++) {
      int corner = j - j % width;
      if (w[j] == null || w[j % width] == null || w[corner] == null || w[0] == null) {
        return false;
      }
      for (int k = 0; k < rows; k++) {
        double sum = w[corner][k] + w[j % width][k] - w[0][k];
        if (Math.abs(sum - w[j][k]) > 1e-12 * (Math.abs(sum) + Math.abs(w[0][k]))) {
          return false;
        }
      }
    }
    return true;
  }

  /** The cost classes of those slots that a smaller problem kept. */
  CostClasses restrict(Problem problem, int[] slots) {
    int[] keptFirst = new int[slots.length];
    int[] keptSecond = new int[slots.length];
    for (int s = 0; s < slots.length; s++) {
      keptFirst[s] = first[slots[s]];
      keptSecond[s] = second[slots[s]];
    }
    return new CostClasses(groups(problem), keptFirst, keptSecond, count);
  }

  private static int[] groups(Problem problem) {
    int[] group = new int[problem.item.length];
    for (int g = 0; g < problem.groups; g++) {
      Arrays.fill(group, problem.start[g], problem.start[g + 1], g);
    }
    return group;
  }
}
