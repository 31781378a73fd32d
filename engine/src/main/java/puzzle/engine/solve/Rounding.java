package puzzle.engine.solve;

/** Architectures next to a mixture: at most K layers mix, so all ways of rounding are few. */
final class Rounding {

  private static final int MOST_WAYS = 64;

  private Rounding() {}

  /** Offers the best rounding of a relaxation over the whole core. */
  static void offerAll(
      Relaxation relaxation, Problem problem, Core core, SharedIncumbent incumbent) {
    int[] slots = new int[problem.groups];
    double cut = incumbent.cut();
    if (best(relaxation, problem, problem.budget, core.fixedScore(), cut, slots)) {
      incumbent.offer(core.expand(slots));
    }
  }

  /**
   * Finds the best rounding of the groups that the relaxation looks at.
   *
   * @param budget what these groups may use
   * @param base score of everything else
   * @param cut scores from here on are of no interest
   * @param slots filled from the relaxation's first group on when there is a rounding
   */
  static boolean best(
      Relaxation relaxation,
      Problem problem,
      double[] budget,
      double base,
      double cut,
      int[] slots) {
    int m = relaxation.activeRows();
    double[] used = new double[problem.rows];
    for (int g = relaxation.firstGroup(); g < problem.groups; g++) {
      slots[g] = relaxation.key(g);
      base += problem.score[slots[g]];
      for (int k = 0; k < problem.rows; k++) {
        used[k] += problem.weight[k][slots[g]];
      }
    }
    int[] options = new int[m];
    int count = 0;
    for (int p = 0; p < m; p++) {
      if (relaxation.basic(p) >= 0) {
        options[count++] = relaxation.basic(p);
      }
    }
    if (1L << Math.min(count, 30) > MOST_WAYS) {
      count = 6;
    }
    double bestScore = cut;
    int best = -1;
    for (int way = 0; way < 1 << count; way++) {
      double score = base;
      boolean fits = true;
      for (int i = 0; i < count && fits; i++) {
        if ((way >> i & 1) != 0) {
          int g = relaxation.classes.group()[options[i]];
          for (int j = 0; j < i; j++) {
            fits &= (way >> j & 1) == 0 || relaxation.classes.group()[options[j]] != g;
          }
          score += problem.score[options[i]] - problem.score[slots[g]];
        }
      }
      if (!fits || score >= bestScore) {
        continue;
      }
      for (int k = 0; k < problem.rows && fits; k++) {
        double sum = used[k];
        for (int i = 0; i < count; i++) {
          if ((way >> i & 1) != 0) {
            sum +=
                problem.weight[k][options[i]]
                    - problem.weight[k][slots[relaxation.classes.group()[options[i]]]];
          }
        }
        fits = sum <= budget[k];
      }
      if (fits) {
        bestScore = score;
        best = way;
      }
    }
    if (best < 0) {
      return false;
    }
    for (int i = 0; i < count; i++) {
      if ((best >> i & 1) != 0) {
        slots[relaxation.classes.group()[options[i]]] = options[i];
      }
    }
    return true;
  }
}
