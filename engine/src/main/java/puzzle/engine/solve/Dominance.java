package puzzle.engine.solve;

/**
 * Removes items that another item of the layer beats or equals in score and in every row: some best
 * architecture does without them. Rows are all of the form "at most", so a lower limit counts with
 * its sign turned.
 */
final class Dominance {

  /** Comparing all pairs of more items would cost more than it saves. */
  private static final int MOST_ITEMS = 1024;

  private Dominance() {}

  static void remove(Problem problem, boolean[] left) {
    int[] open = new int[problem.item.length];
    for (int g = 0; g < problem.groups; g++) {
      int count = 0;
      for (int s = problem.start[g]; s < problem.start[g + 1]; s++) {
        if (left[s]) {
          open[count++] = s;
        }
      }
      for (int i = 0; i < count && count <= MOST_ITEMS; i++) {
        int s = open[i];
        for (int j = 0; j < count && left[s]; j++) {
          int t = open[j];
          if (t != s && left[t] && beats(problem, t, s)) {
            left[s] = false;
          }
        }
      }
    }
  }

  private static boolean beats(Problem problem, int t, int s) {
    if (problem.score[t] > problem.score[s]) {
      return false;
    }
    for (double[] weight : problem.weight) {
      if (weight[t] > weight[s]) {
        return false;
      }
    }
    return true;
  }
}
