package puzzle.engine.solve;

import java.util.Arrays;

/**
 * One exchange of the dual simplex with the long-step ratio test: along the direction in which the
 * leaving variable's bound is restored, z rises at first, and less with every layer that swaps its
 * key. The step ends where z would fall: there a variable has to enter the basis.
 */
final class LongStep {

  private static final double PIVOT = 1e-11;
  private static final int NONE = Integer.MIN_VALUE;

  private final Problem problem;
  private final CostClasses classes;
  private final RelaxationRows rows;
  private final ItemSets items;
  private final WorkingBasis basis;
  private final double[] price;
  private final double[] slope;
  private final double[] classSlope;
  private final double[] nextStep;
  private final int[] nextSlot;
  private final double[] direction;
  private double rise;

  /**
   * @param price of each slot at the basis' multipliers
   */
  LongStep(RelaxationRows rows, ItemSets items, WorkingBasis basis, double[] price) {
    this.problem = rows.problem;
    this.classes = rows.classes;
    this.rows = rows;
    this.items = items;
    this.basis = basis;
    this.price = price;
    this.slope = new double[price.length];
    this.classSlope = new double[classes.count() + 1];
    this.nextStep = new double[problem.groups];
    this.nextSlot = new int[problem.groups];
    this.direction = new double[rows.most];
  }

  /**
   * Exchanges the variable at a position.
   *
   * @param sigma +1 if it leaves from below zero, -1 from above
   * @return false if nothing can enter: z rises without end, or as good as not at all
   */
  boolean exchange(int position, int sigma, int firstGroup) {
    double limit = Double.POSITIVE_INFINITY;
    int entering = NONE;
    for (int i = 0; i < basis.m; i++) {
      int row = basis.active[i];
      direction[i] = sigma * basis.inverse[position][i];
      if (direction[i] < -PIVOT && !basis.isBasicSlack(row, position)) {
        double t = basis.lambda[row] / -direction[i];
        if (t < limit) {
          limit = t;
          entering = -1 - row;
        }
      }
    }
    int leaving = basis.basic[position];
    if (leaving >= 0) {
      basis.mixed[classes.group()[leaving]]--;
    }
    slopes(firstGroup, leaving);
    rise = Math.abs(basis.value[position]);
    while (true) {
      int group = -1;
      double t = limit;
      for (int g = firstGroup; g < problem.groups; g++) {
        if (nextStep[g] < t) {
          t = nextStep[g];
          group = g;
        }
      }
      if (group < 0) {
        break;
      }
      int s = nextSlot[group];
      double change = slope[s] - slope[basis.key[group]];
      if (basis.mixed[group] > 0 || rise + change <= 0) {
        entering = s;
        break;
      }
      rise += change;
      basis.key[group] = s;
      findNext(group, t, leaving);
    }
    if (entering == NONE) {
      if (leaving >= 0) {
        basis.mixed[classes.group()[leaving]]++;
      }
      return false;
    }
    basis.basic[position] = entering;
    if (entering >= 0) {
      basis.mixed[classes.group()[entering]]++;
    }
    return true;
  }

  /**
   * Whether the last direction, without its negative parts, proves that nothing fits: the cheapest
   * item of every group, priced by the direction alone, uses more than the limits are worth.
   */
  boolean provesInfeasible(int firstGroup) {
    for (int i = 0; i < basis.m; i++) {
      direction[i] = Math.max(0, direction[i]);
    }
    slopes(firstGroup, NONE);
    double sum = 0;
    double size = 0;
    for (int i = 0; i < basis.m; i++) {
      double worth = direction[i] * rows.limit[basis.active[i]];
      sum -= worth;
      size += Math.abs(worth);
    }
    for (int g = firstGroup; g < problem.groups; g++) {
      double least = Double.POSITIVE_INFINITY;
      for (int i = problem.start[g], end = i + items.size(g); i < end; i++) {
        least = Math.min(least, slope[items.list[i]]);
      }
      sum += least;
      size += Math.abs(least);
    }
    return sum > 1e-13 * size;
  }

  /** Slope of every price along the direction, and each group's next swap. */
  private void slopes(int firstGroup, int leaving) {
    Arrays.fill(classSlope, 0);
    boolean counting = false;
    for (int i = 0; i < basis.m; i++) {
      int row = basis.active[i];
      if (row >= rows.base && direction[i] != 0) {
        classSlope[rows.costClass(row)] += rows.sign(row) * direction[i];
        counting = true;
      }
    }
    for (int g = firstGroup; g < problem.groups; g++) {
      for (int i = problem.start[g], end = i + items.size(g); i < end; i++) {
        int s = items.list[i];
        double a = 0;
        for (int k = 0, at = s * rows.base; k < rows.base; k++) {
          a += direction[k] * rows.weight[at + k];
        }
        if (counting) {
          a += classSlope[classes.first()[s]] + classSlope[classes.second()[s]];
        }
        slope[s] = a;
      }
      findNext(g, 0, leaving);
    }
  }

  /** Next item of the group to undercut its key when the step grows beyond t. */
  private void findNext(int g, double t, int leaving) {
    int k = basis.key[g];
    double best = Double.POSITIVE_INFINITY;
    int slot = -1;
    double keyPrice = price[k];
    double keySlope = slope[k];
    for (int i = problem.start[g], end = i + items.size(g); i < end; i++) {
      int s = items.list[i];
      double a = keySlope - slope[s];
      if (a > PIVOT && s != leaving && (basis.mixed[g] == 0 || !basis.isBasic(s))) {
        double step = (price[s] - keyPrice) / a;
        if (step < best || (step == best && slope[s] < slope[slot])) {
          best = step;
          slot = s;
        }
      }
    }
    nextStep[g] = slot < 0 ? Double.POSITIVE_INFINITY : Math.max(best, t);
    nextSlot[g] = slot;
  }
}
