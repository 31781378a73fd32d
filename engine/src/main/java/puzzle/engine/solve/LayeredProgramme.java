package puzzle.engine.solve;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * A forward dynamic programme over the layers of a core: a decision diagram of bounded width.
 *
 * <p>A state is a choice for the first layers: its score, and what it used of each row. Three
 * things keep the states few:
 *
 * <ul>
 *   <li><b>Bounds.</b> What follows can cost no less than the Lagrangian bound of the remaining
 *       layers under the remaining budgets, at any multipliers. A dozen multiplier vectors are
 *       taken afresh at each layer, as optimal ones of sampled states, since states that used more
 *       of a row need a higher price for it. A state whose bound reaches the incumbent is dropped.
 *   <li><b>Merging.</b> Where costs do not depend on the layer, two states that used the same
 *       number of every cost class have used the same of every row, whatever the layers: only the
 *       better score can lead to the optimum. Counts are compared through a sum of 64-bit random
 *       codes, one per cost class, and confirmed on the rows. This is what solves nearly symmetric
 *       instances, where the relaxation is blind to which layer does what.
 *   <li><b>Dominance</b> with one or two rows: a state that is no better in anything goes.
 * </ul>
 *
 * Where more states remain than the width allows, those with the least bounds stay, and the least
 * bound of those that go is a lower bound for all that was lost. So each run yields architectures,
 * and a bound that grows with the width; a run that drops nothing is a proof.
 *
 * <p>References: bounded-width decision diagrams, Bergman, Cire, van Hoeve and Hooker 2016; cores
 * of multiple-choice knapsacks, Pisinger 1995.
 */
final class LayeredProgramme {

  private static final int VECTORS = 12;

  private final Core core;
  private final Problem problem;
  private final SharedIncumbent incumbent;
  private final Relaxation relaxation;
  private final int rows;
  private final long[] code;
  private final double[][] leastUse;
  private final double[] rootMultipliers;

  /** Multipliers with what the remaining layers cost at least under them. */
  private static final class Vector {
    final double[] lambda;

    /** By group: least price of this and all later groups, minus the price of the budgets. */
    final double[] base;

    Vector(Problem problem, double[] lambda, int from) {
      this.lambda = lambda;
      this.base = new double[problem.groups + 1];
      double budget = 0;
      for (int k = 0; k < problem.rows; k++) {
        budget += lambda[k] * problem.budget[k];
      }
      double sum = -budget;
      base[problem.groups] = sum;
      for (int g = problem.groups - 1; g >= from; g--) {
        double least = Double.POSITIVE_INFINITY;
        for (int s = problem.start[g]; s < problem.start[g + 1]; s++) {
          double price = problem.score[s];
          for (int k = 0; k < problem.rows; k++) {
            price += lambda[k] * problem.weight[k][s];
          }
          least = Math.min(least, price);
        }
        sum += least;
        base[g] = sum;
      }
    }
  }

  private States now;
  private States next;

  // The way back: parent and slot of every state that survived its layer.
  private int[] parent = new int[1024];
  private int[] slotOf = new int[1024];
  private int recorded;

  LayeredProgramme(Core core, SharedIncumbent incumbent, double[] rootMultipliers) {
    this.core = core;
    this.problem = core.problem();
    this.incumbent = incumbent;
    this.rootMultipliers = rootMultipliers;
    this.rows = problem.rows;
    this.relaxation = new Relaxation(problem, CostClasses.none(problem));
    Random random = new Random(7);
    this.code = new long[core.classes().count() + 1];
    for (int k = 0; k < core.classes().count(); k++) {
      code[k] = random.nextLong();
    }
    this.leastUse = new double[rows][problem.groups + 1];
    for (int k = 0; k < rows; k++) {
      for (int g = problem.groups - 1; g >= 0; g--) {
        double least = Double.POSITIVE_INFINITY;
        for (int s = problem.start[g]; s < problem.start[g + 1]; s++) {
          least = Math.min(least, problem.weight[k][s]);
        }
        leastUse[k][g] = leastUse[k][g + 1] + least;
      }
    }
  }

  /** What a run came to: complete if nothing was dropped for want of width. */
  record Outcome(boolean complete, double bound, long states) {}

  Outcome run(int width, Clock clock) {
    double dropped = Double.POSITIVE_INFINITY;
    long expanded = 0;
    recorded = 0;
    now = new States(rows, 1);
    next = new States(rows, 1024);
    now.count = 1;
    now.back[0] = -1;
    now.bound[0] = Double.NEGATIVE_INFINITY;
    List<Vector> vectors = new ArrayList<>();
    vectors.add(new Vector(problem, rootMultipliers, 0));
    // Fresh multipliers cost a pass over all remaining layers.
    int stride = 1 + problem.groups / 64;
    for (int g = 0; g < problem.groups; g++) {
      if (now.count == 0) {
        break;
      }
      if (g % stride == 0) {
        sample(g, vectors);
      }
      if (clock.expired()) {
        return stopped(dropped, expanded);
      }
      double cut = incumbent.cut() - core.fixedScore();
      long grown = expand(g, vectors, cut, clock);
      if (grown < 0) {
        return stopped(dropped, expanded);
      }
      expanded += grown;
      if (core.classes().count() > 0) {
        next.mergeEqual();
      }
      next.removeDominated();
      dropped = Math.min(dropped, next.keepBest(width));
      record(g);
      States swap = now;
      now = next;
      next = swap;
    }
    if (now.count > 0) {
      offerBest();
    }
    return new Outcome(
        dropped >= incumbent.cut() - core.fixedScore(), dropped + core.fixedScore(), expanded);
  }

  private Outcome stopped(double dropped, long expanded) {
    double open = dropped;
    for (int i = 0; i < now.count; i++) {
      open = Math.min(open, now.bound[i]);
    }
    return new Outcome(false, open + core.fixedScore(), expanded);
  }

  /** New multipliers: optimal for a dozen of the states; their roundings are offered. */
  private void sample(int g, List<Vector> vectors) {
    int kept = Math.min(vectors.size(), 3);
    if (vectors.size() > kept) {
      vectors.subList(1, vectors.size() - kept + 1).clear();
    }
    int samples = Math.min(VECTORS - kept, now.count);
    double[] budget = new double[rows];
    int[] slots = new int[problem.groups];
    for (int i = 0; i < samples; i++) {
      int state = (int) ((long) i * now.count / samples);
      for (int k = 0; k < rows; k++) {
        budget[k] = problem.budget[k] - now.used[state * rows + k];
      }
      relaxation.restrictToSuffix(g, budget);
      if (i == 0) {
        relaxation.reset();
      }
      Relaxation.End end = relaxation.solve(Double.POSITIVE_INFINITY);
      if (end == Relaxation.End.OPTIMAL) {
        double cut = incumbent.cut() - core.fixedScore();
        if (Rounding.best(relaxation, problem, budget, now.score[state], cut, slots)) {
          fillPrefix(now.back[state], g, slots);
          incumbent.offer(core.expand(slots));
        }
      }
      double[] lambda = new double[rows];
      for (int k = 0; k < rows; k++) {
        lambda[k] = relaxation.multiplier(k);
      }
      vectors.add(new Vector(problem, lambda, g));
    }
  }

  private void fillPrefix(int back, int g, int[] slots) {
    for (int h = g - 1, at = back; h >= 0; h--) {
      slots[h] = slotOf[at];
      at = parent[at];
    }
  }

  /** Fills the next layer; -1 when the clock ran out. */
  private long expand(int g, List<Vector> vectors, double cut, Clock clock) {
    next.clear();
    int first = problem.start[g];
    int items = problem.size(g);
    int v = vectors.size();
    double[][] lambda = new double[v][];
    double[] base = new double[v];
    for (int i = 0; i < v; i++) {
      lambda[i] = vectors.get(i).lambda;
      base[i] = vectors.get(i).base[g + 1];
    }
    // Price of each item under each vector, and of each state: their sum prices the new state.
    double[] itemPrice = new double[items * v];
    for (int j = 0; j < items; j++) {
      for (int i = 0; i < v; i++) {
        double price = problem.score[first + j];
        for (int k = 0; k < rows; k++) {
          price += lambda[i][k] * problem.weight[k][first + j];
        }
        itemPrice[j * v + i] = price + base[i];
      }
    }
    double[] statePrice = new double[v];
    long expanded = 0;
    for (int i = 0; i < now.count; i++) {
      if ((i & 1023) == 1023 && clock.expired()) {
        return -1;
      }
      for (int a = 0; a < v; a++) {
        double price = now.score[i];
        for (int k = 0; k < rows; k++) {
          price += lambda[a][k] * now.used[i * rows + k];
        }
        statePrice[a] = price;
      }
      for (int j = 0; j < items; j++) {
        double bound = now.bound[i];
        for (int a = 0, at = j * v; a < v; a++) {
          double b = statePrice[a] + itemPrice[at + a];
          bound = b > bound ? b : bound;
        }
        if (bound >= cut) {
          continue;
        }
        int s = first + j;
        boolean fits = true;
        for (int k = 0; k < rows && fits; k++) {
          double use = now.used[i * rows + k] + problem.weight[k][s];
          fits = use + leastUse[k][g + 1] <= problem.budget[k] + 1e-13 * problem.groups;
        }
        if (fits) {
          next.add(
              now,
              i,
              s,
              now.score[i] + problem.score[s],
              bound,
              now.code[i] + code[core.classes().first()[s]] + code[core.classes().second()[s]],
              problem);
          expanded++;
        }
      }
    }
    return expanded;
  }

  private void record(int g) {
    if (recorded + next.count > parent.length) {
      int size = Math.max(2 * parent.length, recorded + next.count);
      parent = Arrays.copyOf(parent, size);
      slotOf = Arrays.copyOf(slotOf, size);
    }
    for (int i = 0; i < next.count; i++) {
      parent[recorded] = next.back[i];
      slotOf[recorded] = next.slot[i];
      next.back[i] = recorded++;
    }
  }

  private void offerBest() {
    Integer[] order = new Integer[now.count];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, (a, b) -> Double.compare(now.score[a], now.score[b]));
    int[] slots = new int[problem.groups];
    for (int i = 0; i < order.length; i++) {
      if (now.score[order[i]] + core.fixedScore() >= incumbent.objective()) {
        return;
      }
      fillPrefix(now.back[order[i]], problem.groups, slots);
      if (incumbent.offer(core.expand(slots))) {
        return;
      }
    }
  }
}
