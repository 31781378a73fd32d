package puzzle.engine.solve;

import java.util.Arrays;

/**
 * First architectures by local search: from the relaxation's keys, repaired into the limits, then
 * improved by changing one layer, or two layers at once, while the score falls.
 *
 * <p>Items are looked at in the order of their reduced cost, and only while two of them together
 * could still lower the score below the incumbent.
 */
final class Improver {

  private static final int MOST_ITEMS = 250;
  private static final int MOST_ROUNDS = 40;

  private final Problem problem;
  private final int[] chosen;
  private final double[] used;

  private Improver(Problem problem, int[] chosen) {
    this.problem = problem;
    this.chosen = chosen;
    this.used = new double[problem.rows];
    for (int s : chosen) {
      for (int k = 0; k < problem.rows; k++) {
        used[k] += problem.weight[k][s];
      }
    }
  }

  static void improve(Core core, Relaxation relaxation, SharedIncumbent incumbent, Clock clock) {
    Problem problem = core.problem();
    int[] keys = new int[problem.groups];
    for (int g = 0; g < keys.length; g++) {
      keys[g] = relaxation.key(g);
    }
    Improver search = new Improver(problem, keys);
    if (!search.repair(clock)) {
      return;
    }
    search.descend(relaxation, clock);
    incumbent.offer(core.expand(search.chosen));
  }

  /** Total excess over the budgets. */
  private double excess(double[] sums) {
    double excess = 0;
    for (int k = 0; k < problem.rows; k++) {
      excess += Math.max(0, sums[k] - problem.budget[k]);
    }
    return excess;
  }

  /** Takes the change that lowers the excess most per score, until there is none. */
  private boolean repair(Clock clock) {
    double excess = excess(used);
    for (int round = 0; excess > 0 && round < 4 * problem.groups && !clock.expired(); round++) {
      int best = -1;
      double bestRate = 0;
      int bestGroup = -1;
      for (int g = 0; g < problem.groups; g++) {
        for (int s = problem.start[g]; s < problem.start[g + 1]; s++) {
          double after = 0;
          for (int k = 0; k < problem.rows; k++) {
            double sum = used[k] + problem.weight[k][s] - problem.weight[k][chosen[g]];
            after += Math.max(0, sum - problem.budget[k]);
          }
          double gain = excess - after;
          if (gain > 0) {
            double price = Math.max(1e-12, problem.score[s] - problem.score[chosen[g]]);
            double rate = gain / price;
            if (rate > bestRate) {
              bestRate = rate;
              best = s;
              bestGroup = g;
            }
          }
        }
      }
      if (best < 0) {
        return false;
      }
      choose(bestGroup, best);
      excess = excess(used);
    }
    return excess <= 0;
  }

  private void choose(int g, int s) {
    for (int k = 0; k < problem.rows; k++) {
      used[k] += problem.weight[k][s] - problem.weight[k][chosen[g]];
    }
    chosen[g] = s;
  }

  private void descend(Relaxation relaxation, Clock clock) {
    double[] reduced = new double[problem.item.length];
    Integer[] order = new Integer[problem.item.length];
    for (int g = 0; g < problem.groups; g++) {
      double least = Double.POSITIVE_INFINITY;
      for (int s = problem.start[g]; s < problem.start[g + 1]; s++) {
        least = Math.min(least, relaxation.price(s));
      }
      for (int s = problem.start[g]; s < problem.start[g + 1]; s++) {
        reduced[s] = relaxation.price(s) - least;
        order[s] = s;
      }
    }
    Arrays.sort(order, (a, b) -> Double.compare(reduced[a], reduced[b]));
    int count = Math.min(order.length, MOST_ITEMS);
    int[] items = new int[count];
    for (int i = 0; i < count; i++) {
      items[i] = order[i];
    }
    int[] group = relaxation.classes.group();
    for (int round = 0;
        round < MOST_ROUNDS && !clock.expired() && bestMove(items, group);
        round++) {
      // One move a round.
    }
  }

  private boolean bestMove(int[] items, int[] group) {
    double best = -1e-15;
    int first = -1;
    int second = -1;
    for (int i = 0; i < items.length; i++) {
      int s = items[i];
      int g = group[s];
      if (s == chosen[g]) {
        continue;
      }
      double one = problem.score[s] - problem.score[chosen[g]];
      if (one < best && fits(s, g, -1, -1)) {
        best = one;
        first = s;
        second = -1;
      }
      for (int j = i + 1; j < items.length; j++) {
        int t = items[j];
        int h = group[t];
        double two = one + problem.score[t] - problem.score[chosen[h]];
        if (two < best && h != g && t != chosen[h] && fits(s, g, t, h)) {
          best = two;
          first = s;
          second = t;
        }
      }
    }
    if (first < 0) {
      return false;
    }
    choose(group[first], first);
    if (second >= 0) {
      choose(group[second], second);
    }
    return true;
  }

  private boolean fits(int s, int g, int t, int h) {
    for (int k = 0; k < problem.rows; k++) {
      double[] w = problem.weight[k];
      double sum = used[k] + w[s] - w[chosen[g]];
      if (t >= 0) {
        sum += w[t] - w[chosen[h]];
      }
      if (sum > problem.budget[k]) {
        return false;
      }
    }
    return true;
  }
}
