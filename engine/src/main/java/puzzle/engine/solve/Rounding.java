package puzzle.engine.solve;

/** Architectures next to a mixture: at most K layers mix, so all ways of rounding are few. */
final class Rounding {

  private static final int MOST_WAYS = 64;

  private Rounding() {}

  static void offerAll(Relaxation relaxation, Problem problem, Core core, Incumbent incumbent) {
    int m = relaxation.activeRows();
    int[] slots = new int[problem.groups];
    double base = core.fixedScore;
    double[] used = new double[problem.rows];
    for (int g = 0; g < problem.groups; g++) {
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
    double bestScore = incumbent.cut();
    int best = -1;
    for (int way = 0; way < 1 << count; way++) {
      double score = base;
      boolean fits = true;
      for (int i = 0; i < count && fits; i++) {
        if ((way >> i & 1) != 0) {
          int g = relaxation.kinds.group[options[i]];
          for (int j = 0; j < i; j++) {
            fits &= (way >> j & 1) == 0 || relaxation.kinds.group[options[j]] != g;
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
                    - problem.weight[k][slots[relaxation.kinds.group[options[i]]]];
          }
        }
        fits = sum <= problem.budget[k];
      }
      if (fits) {
        bestScore = score;
        best = way;
      }
    }
    if (best >= 0) {
      int[] rounded = slots.clone();
      for (int i = 0; i < count; i++) {
        if ((best >> i & 1) != 0) {
          rounded[relaxation.kinds.group[options[i]]] = options[i];
        }
      }
      incumbent.offer(core.expand(rounded));
    }
  }
}
