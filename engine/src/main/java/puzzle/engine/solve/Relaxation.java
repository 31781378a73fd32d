package puzzle.engine.solve;

import java.util.Arrays;

/**
 * The linear relaxation of a multiple-choice knapsack with K side rows, by a dual simplex that sees
 * the structure.
 *
 * <p><b>The bound.</b> Price the rows with multipliers λ ≥ 0 and let every layer take its cheapest
 * item at those prices:
 *
 * <pre>  z(λ) = sum over layers g of min over items j of (c_gj + λ·w_gj)  -  λ·b</pre>
 *
 * An architecture within the limits pays sum (c + λ·w) - λ·(sum w) ≥ sum (c + λ·w) - λ·b, and no
 * layer can pay less than its minimum, so z(λ) is a lower bound for <em>every</em> λ ≥ 0: whatever
 * rounding did to λ, the bound evaluated at the clipped λ holds. Choosing item j in layer g instead
 * of the cheapest costs its reduced cost d_gj more, so z(λ) + d_gj bounds all architectures with
 * that item: an item for which it reaches the incumbent can go.
 *
 * <p><b>The best λ</b> solves the linear relaxation, where a layer may mix items. A basis of it has
 * one <em>key</em> item in each layer and K more variables: slacks, or second items of layers that
 * mix. So at most K layers mix, and all of the basis that is not trivial is a K × K matrix with
 * columns w_gj - w_g,key(g). It is inverted anew after each exchange, as K is at most a dozen: an
 * update formula would save nothing and would carry a stale inverse into a loaded basis.
 *
 * <p><b>The ratio test takes long steps.</b> z is concave and piecewise linear along the direction
 * of the leaving variable; a layer that does not mix may swap its key and the step continues, as
 * long as z still rises. From λ = 0 an 80-layer problem needs about as many exchanges as rows.
 *
 * <p>Counting rows ("at most n layers use an item of class a") can be switched on during the
 * search; their coefficients are 0 and ±1 by cost class, so they cost two look-ups an item.
 *
 * <p>References: generalised upper bounds, Dantzig and Van Slyke 1967; bound-flipping ratio test,
 * Maros 2003; multiple-choice knapsack relaxation, Sinha and Zoltners 1979.
 */
final class Relaxation {

  /** How a solve ended. */
  enum End {
    /** Primal feasible: {@link #bound} is the relaxation's value. */
    OPTIMAL,
    /** The bound reached the cut: no better architecture below this node. */
    CUT,
    /** No mixture fits the limits. */
    INFEASIBLE,
    /** Gave up on rounding trouble; the bound is valid, the values are not. */
    STALLED
  }

  /** A share is outside its bounds only by more than this. */
  private static final double FEASIBILITY = 1e-9;

  /** A price is above the least of its group only by more than this, relative. */
  private static final double OPTIMALITY = 1e-9;

  /** More than two units in the last place, for a product and its addition to a sum. */
  private static final double ROUNDING = 4e-16;

  private static final int MAX_PIVOTS = 500;
  private static final int SINGULAR = -2;

  final Problem problem;
  final CostClasses classes;
  final ItemSets items;
  private final RelaxationRows rows;
  private final WorkingBasis basis;
  private final LongStep step;
  private final int groups;
  private final double[] price;
  private final double[] least;
  private final double[] classPrice;
  private int firstGroup;
  private double bound;

  Relaxation(Problem problem, CostClasses classes) {
    this.problem = problem;
    this.classes = classes;
    this.groups = problem.groups;
    this.items = new ItemSets(problem);
    this.rows = new RelaxationRows(problem, classes);
    this.basis = new WorkingBasis(rows);
    this.price = new double[problem.item.length];
    this.least = new double[groups];
    this.classPrice = new double[classes.count() + 1];
    this.step = new LongStep(rows, items, basis, price);
    reset();
  }

  /** Follows changed weights of a slot in the problem. */
  void reload(int slot) {
    rows.reload(slot);
  }

  /** Looks at the groups from this one on only, under these budgets; call {@link #reset} after. */
  void restrictToSuffix(int first, double[] budgets) {
    firstGroup = first;
    System.arraycopy(budgets, 0, rows.limit, 0, rows.base);
  }

  int firstGroup() {
    return firstGroup;
  }

  /** Multipliers zero, every layer at its best score, every slack basic. */
  void reset() {
    basis.reset();
    for (int g = firstGroup; g < groups; g++) {
      basis.key[g] = cheapest(g);
    }
  }

  private int cheapest(int g) {
    int best = -1;
    double lowest = Double.POSITIVE_INFINITY;
    for (int i = problem.start[g]; i < problem.start[g] + items.size(g); i++) {
      int s = items.list[i];
      double p = problem.score[s];
      for (int a = 0; a < basis.m; a++) {
        p += basis.lambda[basis.active[a]] * rows.coefficient(basis.active[a], s);
      }
      if (p < lowest || best < 0) {
        lowest = p;
        best = s;
      }
    }
    return best;
  }

  /** Switches a counting row on or changes its limit: groups that use the cost class, ≤ or ≥ n. */
  void limitCount(int costClass, boolean atMost, int n) {
    int row = rows.countingRow(costClass, atMost);
    rows.limit[row] = atMost ? n : -n;
    basis.activate(row);
  }

  WorkingBasis.Saved save(WorkingBasis.Saved into) {
    return basis.save(into);
  }

  /** Loads a basis; items that are gone since are dealt with by the next {@link #solve}. */
  void load(WorkingBasis.Saved saved) {
    basis.load(saved);
  }

  /**
   * Raises the bound to the relaxation's value, or to the cut.
   *
   * @param cut stop as soon as the bound is at least this
   */
  End solve(double cut) {
    End end = attempt(cut);
    if (end == End.STALLED) {
      int[] kept = Arrays.copyOf(basis.active, basis.m);
      reset();
      for (int row : kept) {
        basis.activate(row);
      }
      end = attempt(cut);
    }
    return end;
  }

  private End attempt(double cut) {
    if (!repair()) {
      return End.STALLED;
    }
    double best = Double.NEGATIVE_INFINITY;
    for (int round = 0; round < MAX_PIVOTS; round++) {
      if (!basis.refactor()) {
        return End.STALLED;
      }
      priceAll();
      if (!keysAreCheapest()) {
        return End.STALLED;
      }
      best = Math.max(best, bound);
      if (bound >= cut) {
        return End.CUT;
      }
      basis.computeValues(firstGroup);
      int leaving = chooseLeaving();
      if (leaving < 0) {
        return leaving == SINGULAR ? End.STALLED : End.OPTIMAL;
      }
      int v = basis.basic[leaving];
      boolean down = v >= 0 && !isLeft(v) && basis.value[leaving] >= 0;
      if (!step.exchange(leaving, down ? -1 : 1, firstGroup)) {
        bound = best;
        return step.provesInfeasible(firstGroup) ? End.INFEASIBLE : End.STALLED;
      }
    }
    bound = best;
    return End.STALLED;
  }

  private boolean isLeft(int slot) {
    return items.has(classes.group()[slot], slot);
  }

  /** Gives every group a key that is left. */
  private boolean repair() {
    for (int g = firstGroup; g < groups; g++) {
      if (items.size(g) == 0) {
        return false;
      }
      if (items.has(g, basis.key[g])) {
        continue;
      }
      if (basis.mixed[g] == 0) {
        basis.key[g] = cheapest(g);
        continue;
      }
      int with = -1;
      for (int p = 0; p < basis.m; p++) {
        if (basis.basic[p] >= 0 && classes.group()[basis.basic[p]] == g && isLeft(basis.basic[p])) {
          with = p;
        }
      }
      if (with < 0) {
        return false;
      }
      basis.swapKey(g, with);
    }
    return true;
  }

  /** Prices of all items that are left at the clipped multipliers, and the safe bound there. */
  private void priceAll() {
    Arrays.fill(classPrice, 0);
    double z = 0;
    double magnitude = 0;
    boolean counting = false;
    for (int i = 0; i < basis.m; i++) {
      int row = basis.active[i];
      double l = Math.max(0, basis.lambda[row]);
      basis.lambda[row] = l;
      z -= l * rows.limit[row];
      magnitude += Math.abs(l * rows.limit[row]);
      if (row >= rows.base && l != 0) {
        classPrice[rows.costClass(row)] += rows.sign(row) * l;
        counting = true;
      }
    }
    for (int g = firstGroup; g < groups; g++) {
      double lowest = Double.POSITIVE_INFINITY;
      for (int i = problem.start[g], end = i + items.size(g); i < end; i++) {
        int s = items.list[i];
        double p = problem.score[s];
        for (int k = 0, at = s * rows.base; k < rows.base; k++) {
          p += basis.lambda[k] * rows.weight[at + k];
        }
        if (counting) {
          p += classPrice[classes.first()[s]] + classPrice[classes.second()[s]];
        }
        price[s] = p;
        if (p < lowest) {
          lowest = p;
        }
      }
      least[g] = lowest;
      z += lowest;
      magnitude += Math.abs(lowest);
    }
    bound = z - roundingError(groups, magnitude);
  }

  /**
   * What rounding can have added to a sum over groups and rows.
   *
   * @param magnitude sum of the absolute values
   */
  static double roundingError(int groups, double magnitude) {
    return ROUNDING * (groups + 8) * magnitude;
  }

  /** Dual feasibility: swaps keys that rounding left behind, refuses a group that mixes. */
  private boolean keysAreCheapest() {
    for (int g = firstGroup; g < groups; g++) {
      double excess = price[basis.key[g]] - least[g];
      if (excess > OPTIMALITY * (1 + Math.abs(least[g]))) {
        if (basis.mixed[g] > 0) {
          return false;
        }
        basis.key[g] = cheapest(g);
      }
    }
    return true;
  }

  /**
   * The basic variable that leaves: -1 if all are inside, {@link #SINGULAR} on rounding trouble.
   */
  private int chooseLeaving() {
    int furthest = furthestOutside();
    return furthest >= 0 ? furthest : keyBelowZero();
  }

  /** The basic variable furthest outside its bounds, by the length of its row; -1 if none is. */
  private int furthestOutside() {
    int leaving = -1;
    double worst = 0;
    for (int p = 0; p < basis.m; p++) {
      double outside = -basis.value[p];
      if (basis.basic[p] >= 0 && !isLeft(basis.basic[p])) {
        outside = Math.max(Math.abs(basis.value[p]), 2 * FEASIBILITY);
      }
      if (outside > FEASIBILITY) {
        double length = 0;
        for (int i = 0; i < basis.m; i++) {
          length += basis.inverse[p][i] * basis.inverse[p][i];
        }
        double weight = outside * outside / length;
        if (weight > worst) {
          worst = weight;
          leaving = p;
        }
      }
    }
    return leaving;
  }

  /**
   * A group whose key has a negative share, as its second items have more than one in all: the
   * largest of them becomes the key, and the former key, now at its position, leaves.
   */
  private int keyBelowZero() {
    for (int p = 0; p < basis.m; p++) {
      if (basis.basic[p] < 0) {
        continue;
      }
      int g = classes.group()[basis.basic[p]];
      double keyShare = 1;
      int largest = p;
      for (int q = 0; q < basis.m; q++) {
        if (basis.basic[q] >= 0 && classes.group()[basis.basic[q]] == g) {
          keyShare -= basis.value[q];
          largest = basis.value[q] > basis.value[largest] ? q : largest;
        }
      }
      if (keyShare < -FEASIBILITY) {
        basis.swapKey(g, largest);
        if (!basis.refactor()) {
          return SINGULAR;
        }
        basis.computeValues(firstGroup);
        return largest;
      }
    }
    return -1;
  }

  /** Certified lower bound over the items that are left. */
  double bound() {
    return bound;
  }

  /** Multiplier of a row of the problem. */
  double multiplier(int row) {
    return basis.lambda[row];
  }

  double[] multipliers() {
    return Arrays.copyOf(basis.lambda, rows.base);
  }

  /** Least price in a group at the multipliers of the last solve. */
  double leastPrice(int group) {
    return least[group];
  }

  /** Price of an item that is left, at the multipliers of the last solve. */
  double price(int slot) {
    return price[slot];
  }

  int activeRows() {
    return basis.m;
  }

  int key(int group) {
    return basis.key[group];
  }

  /** Slot of the item at a position of the basis, negative for a slack. */
  int basic(int position) {
    return basis.basic[position];
  }

  /** Share of an item in the mixture of the last optimal solve. */
  double share(int slot) {
    return basis.share(slot);
  }

  boolean mixes(int group) {
    return basis.mixed[group] > 0;
  }
}
