package puzzle.engine.solve;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * What is left of a problem once items have been ruled out: layers with one item left are folded
 * into the budgets, the others are ordered by how many items they keep.
 *
 * @param rootSlot root slot of each slot of the core
 * @param fixed root slot of each folded layer, -1 for the others
 */
record Core(
    Problem root,
    Problem problem,
    CostClasses classes,
    int[] rootSlot,
    int[] fixed,
    double fixedScore) {

  /**
   * @param left by root slot
   */
  static Core of(Problem root, CostClasses rootClasses, boolean[] left) {
    int[] count = new int[root.groups];
    int[] fixed = new int[root.groups];
    Arrays.fill(fixed, -1);
    double fixedScore = 0;
    double[] budget = root.budget.clone();
    for (int g = 0; g < root.groups; g++) {
      int last = -1;
      for (int s = root.start[g]; s < root.start[g + 1]; s++) {
        if (left[s]) {
          count[g]++;
          last = s;
        }
      }
      if (count[g] == 1) {
        fixed[g] = last;
        fixedScore += root.score[last];
        for (int k = 0; k < root.rows; k++) {
          budget[k] -= root.weight[k][last];
        }
      }
    }
    for (int k = 0; k < root.rows; k++) {
      budget[k] += 1e-15 * root.groups * (Math.abs(root.budget[k]) + 1);
    }
    int[] order =
        IntStream.range(0, root.groups)
            .filter(g -> count[g] > 1)
            .boxed()
            .sorted(Comparator.comparingInt(g -> count[g]))
            .mapToInt(Integer::intValue)
            .toArray();
    int[] start = new int[order.length + 1];
    int[] layer = new int[order.length];
    for (int i = 0; i < order.length; i++) {
      start[i + 1] = start[i] + count[order[i]];
      layer[i] = root.layer[order[i]];
    }
    int slots = start[order.length];
    int[] rootSlot = new int[slots];
    int[] item = new int[slots];
    double[] score = new double[slots];
    double[][] weight = new double[root.rows][slots];
    int at = 0;
    for (int g : order) {
      for (int s = root.start[g]; s < root.start[g + 1]; s++) {
        if (left[s]) {
          rootSlot[at] = s;
          item[at] = root.item[s];
          score[at] = root.score[s];
          for (int k = 0; k < root.rows; k++) {
            weight[k][at] = root.weight[k][s];
          }
          at++;
        }
      }
    }
    Problem problem = new Problem(start, item, layer, score, weight, budget, root.sources);
    return new Core(
        root, problem, rootClasses.restrict(problem, rootSlot), rootSlot, fixed, fixedScore);
  }

  int rootSlot(int slot) {
    return rootSlot[slot];
  }

  /** A choice in the core as slots of the root, in the order of layers. */
  int[] expand(int[] slots) {
    int[] full = fixed.clone();
    for (int s : slots) {
      int r = rootSlot[s];
      full[groupOf(r)] = r;
    }
    return full;
  }

  private int groupOf(int slot) {
    int at = Arrays.binarySearch(root.start, slot);
    if (at < 0) {
      return -at - 2;
    }
    // Empty groups cannot occur, so each start belongs to one group.
    return at;
  }
}
