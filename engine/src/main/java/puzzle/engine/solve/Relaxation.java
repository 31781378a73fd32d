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
 * of the leaving variable; a layer that does not mix may swap its key and the step goes on, as long
 * as z still rises. From λ = 0 an 80-layer problem needs about as many exchanges as rows.
 *
 * <p>Counting rows ("at most n layers use attention kind a") can be switched on during the search;
 * their coefficients are 0 and ±1 by kind, so they cost two look-ups an item.
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

  private static final double FEASIBILITY = 1e-9;
  private static final double PIVOT = 1e-11;
  private static final int MAX_PIVOTS = 500;

  final Problem problem;
  final Kinds kinds;
  private final int groups;
  private final int baseRows;
  private final double[] c;
  private final double[] w; // [slot * baseRows + row]
  private final double[] b; // base rows, then counting rows

  // Items that are left: a sparse set per group.
  final int[] list;
  private final int[] place;
  final int[] size;

  // The basis.
  private final int[] key;
  private final int[] mixed; // other basic items of each group
  private int m;
  private final int[] active; // row ids
  private final int[] basic; // slot, or -1 - row id
  private final double[] lambda; // by row id, maintained for active rows
  private final double[][] inverse;

  // Scratch of a factorisation.
  private final double[][] work;
  private final double[][] small;
  private final double[][] column;
  private final int[] itemPosition;
  private final int[] slackPosition;
  private final int[] tightRow;
  private final double[] y;

  // Scratch of one exchange.
  private final double[] price;
  private final double[] slope;
  private final double[] kindPrice;
  private final double[] kindSlope;
  private final double[] nextStep;
  private final int[] nextSlot;
  private final double[] direction;
  private final double[] rest;

  private int firstGroup;
  private double bound;
  long pivots;

  Relaxation(Problem problem, Kinds kinds) {
    this.problem = problem;
    this.kinds = kinds;
    this.groups = problem.groups;
    this.baseRows = problem.rows;
    int slots = problem.item.length;
    int maxRows = baseRows + 2 * kinds.count();
    this.c = problem.score;
    this.w = new double[slots * baseRows];
    for (int k = 0; k < baseRows; k++) {
      for (int s = 0; s < slots; s++) {
        w[s * baseRows + k] = problem.weight[k][s];
      }
    }
    this.b = Arrays.copyOf(problem.budget, maxRows);
    this.list = new int[slots];
    this.place = new int[slots];
    this.size = new int[groups];
    for (int g = 0; g < groups; g++) {
      size[g] = problem.size(g);
      for (int s = problem.start[g]; s < problem.start[g + 1]; s++) {
        list[s] = s;
        place[s] = s;
      }
    }
    this.key = new int[groups];
    this.mixed = new int[groups];
    this.active = new int[maxRows];
    this.basic = new int[maxRows];
    this.lambda = new double[maxRows];
    this.inverse = new double[maxRows][maxRows];
    this.work = new double[maxRows][maxRows];
    this.small = new double[maxRows][maxRows];
    this.column = new double[maxRows][maxRows];
    this.itemPosition = new int[maxRows];
    this.slackPosition = new int[maxRows];
    this.tightRow = new int[maxRows];
    this.y = new double[maxRows];
    this.price = new double[slots];
    this.slope = new double[slots];
    this.kindPrice = new double[kinds.count() + 1];
    this.kindSlope = new double[kinds.count() + 1];
    this.nextStep = new double[groups];
    this.nextSlot = new int[groups];
    this.direction = new double[maxRows];
    this.rest = new double[maxRows];
    reset();
  }

  // ---- Items that are left -------------------------------------------------------------------

  boolean has(int group, int slot) {
    return place[slot] < problem.start[group] + size[group];
  }

  void remove(int group, int slot) {
    int last = problem.start[group] + --size[group];
    int at = place[slot];
    int other = list[last];
    list[at] = other;
    place[other] = at;
    list[last] = slot;
    place[slot] = last;
  }

  /** Takes back a removed item, in any order. */
  void add(int group, int slot) {
    int first = problem.start[group] + size[group]++;
    int at = place[slot];
    int other = list[first];
    list[first] = slot;
    place[slot] = first;
    list[at] = other;
    place[other] = at;
  }

  /** Leaves one item of a group; take it back with {@link #setSize}. */
  void only(int group, int slot) {
    int first = problem.start[group];
    int at = place[slot];
    int other = list[first];
    list[first] = slot;
    place[slot] = first;
    list[at] = other;
    place[other] = at;
    size[group] = 1;
  }

  void setSize(int group, int restored) {
    size[group] = restored;
  }

  /** Follows changed weights of a slot in the problem. */
  void reload(int slot) {
    for (int k = 0; k < baseRows; k++) {
      w[slot * baseRows + k] = problem.weight[k][slot];
    }
  }

  /** Looks at the groups from this one on only, under these budgets; call {@link #reset} after. */
  void restrictToSuffix(int first, double[] budgets) {
    firstGroup = first;
    System.arraycopy(budgets, 0, b, 0, baseRows);
  }

  int firstGroup() {
    return firstGroup;
  }

  // ---- The basis -----------------------------------------------------------------------------

  /** Multipliers zero, every layer at its best score, every slack basic. */
  void reset() {
    m = baseRows;
    for (int k = 0; k < m; k++) {
      active[k] = k;
      basic[k] = -1 - k;
    }
    Arrays.fill(lambda, 0);
    Arrays.fill(mixed, 0);
    for (int g = firstGroup; g < groups; g++) {
      key[g] = cheapest(g);
    }
  }

  private int cheapest(int g) {
    int best = -1;
    double least = Double.POSITIVE_INFINITY;
    for (int i = problem.start[g]; i < problem.start[g] + size[g]; i++) {
      int s = list[i];
      double p = priceOf(s);
      if (p < least || best < 0) {
        least = p;
        best = s;
      }
    }
    return best;
  }

  private double priceOf(int s) {
    double p = c[s];
    for (int i = 0; i < m; i++) {
      p += lambda[active[i]] * coefficient(active[i], s);
    }
    return p;
  }

  private double coefficient(int row, int slot) {
    if (row < baseRows) {
      return w[slot * baseRows + row];
    }
    int r = row - baseRows;
    int kind = r >> 1;
    if (kinds.first[slot] != kind && kinds.second[slot] != kind) {
      return 0;
    }
    return (r & 1) == 0 ? 1 : -1;
  }

  /** Switches a counting row on or changes its limit: sum over the kind ≤ or ≥ n. */
  void limitCount(int kind, boolean atMost, int n) {
    int row = baseRows + 2 * kind + (atMost ? 0 : 1);
    b[row] = atMost ? n : -n;
    for (int i = 0; i < m; i++) {
      if (active[i] == row) {
        return;
      }
    }
    active[m] = row;
    basic[m] = -1 - row;
    lambda[row] = 0;
    m++;
  }

  /** A basis as integers: rows, basic variables, keys; with multipliers to start from. */
  static final class Saved {
    int m;
    int[] active;
    int[] basic;
    int[] key;
    double[] lambda;
  }

  Saved save(Saved into) {
    Saved saved = into == null ? new Saved() : into;
    if (saved.key == null) {
      saved.key = new int[groups];
      saved.active = new int[active.length];
      saved.basic = new int[active.length];
      saved.lambda = new double[lambda.length];
    }
    saved.m = m;
    System.arraycopy(active, 0, saved.active, 0, m);
    System.arraycopy(basic, 0, saved.basic, 0, m);
    System.arraycopy(key, 0, saved.key, 0, groups);
    System.arraycopy(lambda, 0, saved.lambda, 0, lambda.length);
    return saved;
  }

  /** Loads a basis; items that are gone since are dealt with by the next {@link #solve}. */
  void load(Saved saved) {
    m = saved.m;
    System.arraycopy(saved.active, 0, active, 0, m);
    System.arraycopy(saved.basic, 0, basic, 0, m);
    System.arraycopy(saved.key, 0, key, 0, groups);
    System.arraycopy(saved.lambda, 0, lambda, 0, lambda.length);
    Arrays.fill(mixed, 0);
    for (int p = 0; p < m; p++) {
      if (basic[p] >= 0) {
        mixed[kinds.group[basic[p]]]++;
      }
    }
  }

  // ---- Solving -------------------------------------------------------------------------------

  /**
   * Raises the bound to the relaxation's value, or to the cut.
   *
   * @param cut stop as soon as the bound is at least this
   */
  End solve(double cut) {
    End end = attempt(cut);
    if (end == End.STALLED) {
      int rows = m;
      int[] kept = Arrays.copyOf(active, rows);
      reset();
      for (int i = 0; i < rows; i++) {
        if (kept[i] >= baseRows) {
          active[m] = kept[i];
          basic[m] = -1 - kept[i];
          m++;
        }
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
      if (!refactor()) {
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
      computeValues();
      int leaving = chooseLeaving();
      if (leaving < 0) {
        return End.OPTIMAL;
      }
      boolean down = basic[leaving] >= 0 && !isLeft(basic[leaving]) && y[leaving] >= 0;
      End step = exchange(leaving, down ? -1 : 1);
      if (step != End.OPTIMAL) {
        bound = Math.max(best, bound);
        return step;
      }
      pivots++;
    }
    bound = best;
    return End.STALLED;
  }

  private boolean isLeft(int slot) {
    return has(kinds.group[slot], slot);
  }

  /** Gives every group a key that is left. */
  private boolean repair() {
    for (int g = firstGroup; g < groups; g++) {
      if (size[g] == 0) {
        return false;
      }
      if (has(g, key[g])) {
        continue;
      }
      if (mixed[g] == 0) {
        key[g] = cheapest(g);
        continue;
      }
      int with = -1;
      for (int p = 0; p < m; p++) {
        if (basic[p] >= 0 && kinds.group[basic[p]] == g && isLeft(basic[p])) {
          with = p;
        }
      }
      if (with < 0) {
        return false;
      }
      int old = key[g];
      key[g] = basic[with];
      basic[with] = old;
    }
    return true;
  }

  /**
   * Inverts the working basis and derives the multipliers: λ B = -(c_basic - c_key).
   *
   * <p>A row whose slack is basic has multiplier zero and a unit column, so only the square of
   * tight rows against item columns is inverted; during a search with many counting rows that is a
   * corner of the matrix.
   */
  private boolean refactor() {
    int columns = 0;
    for (int p = 0; p < m; p++) {
      if (basic[p] >= 0) {
        itemPosition[columns++] = p;
      }
    }
    int tight = 0;
    for (int i = 0; i < m; i++) {
      slackPosition[i] = -1;
    }
    for (int p = 0; p < m; p++) {
      if (basic[p] < 0) {
        slackPosition[indexOf(-1 - basic[p])] = p;
      }
    }
    for (int i = 0; i < m; i++) {
      if (slackPosition[i] < 0) {
        tightRow[tight++] = i;
      }
    }
    for (int a = 0; a < columns; a++) {
      int v = basic[itemPosition[a]];
      int k = key[kinds.group[v]];
      for (int i = 0; i < m; i++) {
        column[a][i] = coefficient(active[i], v) - coefficient(active[i], k);
      }
      for (int t = 0; t < tight; t++) {
        work[t][a] = column[a][tightRow[t]];
      }
    }
    if (tight != columns || !invert(work, small, tight)) {
      return false;
    }
    for (int a = 0; a < columns; a++) {
      double[] row = inverse[itemPosition[a]];
      Arrays.fill(row, 0, m, 0);
      for (int t = 0; t < tight; t++) {
        row[tightRow[t]] = small[a][t];
      }
    }
    for (int i = 0; i < m; i++) {
      if (slackPosition[i] < 0) {
        continue;
      }
      double[] row = inverse[slackPosition[i]];
      Arrays.fill(row, 0, m, 0);
      row[i] = 1;
      for (int a = 0; a < columns; a++) {
        double f = column[a][i];
        for (int t = 0; f != 0 && t < tight; t++) {
          row[tightRow[t]] -= f * small[a][t];
        }
      }
    }
    for (int i = 0; i < m; i++) {
      lambda[active[i]] = 0;
    }
    for (int t = 0; t < tight; t++) {
      double sum = 0;
      for (int a = 0; a < columns; a++) {
        int v = basic[itemPosition[a]];
        sum -= (c[v] - c[key[kinds.group[v]]]) * small[a][t];
      }
      lambda[active[tightRow[t]]] = sum;
    }
    return true;
  }

  private int indexOf(int row) {
    for (int i = 0; i < m; i++) {
      if (active[i] == row) {
        return i;
      }
    }
    throw new IllegalStateException("row " + row + " is not active");
  }

  private static boolean invert(double[][] a, double[][] inv, int n) {
    for (int i = 0; i < n; i++) {
      Arrays.fill(inv[i], 0, n, 0);
      inv[i][i] = 1;
    }
    for (int col = 0; col < n; col++) {
      int pivot = col;
      for (int i = col + 1; i < n; i++) {
        if (Math.abs(a[i][col]) > Math.abs(a[pivot][col])) {
          pivot = i;
        }
      }
      if (!(Math.abs(a[pivot][col]) >= PIVOT)) {
        return false;
      }
      double[] swap = a[pivot];
      a[pivot] = a[col];
      a[col] = swap;
      swap = inv[pivot];
      inv[pivot] = inv[col];
      inv[col] = swap;
      double scale = 1 / a[col][col];
      for (int j = 0; j < n; j++) {
        a[col][j] *= scale;
        inv[col][j] *= scale;
      }
      for (int i = 0; i < n; i++) {
        double f = a[i][col];
        if (i != col && f != 0) {
          for (int j = 0; j < n; j++) {
            a[i][j] -= f * a[col][j];
            inv[i][j] -= f * inv[col][j];
          }
        }
      }
    }
    return true;
  }

  /** Prices of all items that are left at the clipped multipliers, and the safe bound there. */
  private void priceAll() {
    Arrays.fill(kindPrice, 0);
    double z = 0;
    double magnitude = 0;
    boolean counting = false;
    for (int i = 0; i < m; i++) {
      int row = active[i];
      double l = Math.max(0, lambda[row]);
      lambda[row] = l;
      z -= l * b[row];
      magnitude += Math.abs(l * b[row]);
      if (row >= baseRows && l != 0) {
        int r = row - baseRows;
        kindPrice[r >> 1] += (r & 1) == 0 ? l : -l;
        counting = true;
      }
    }
    for (int g = firstGroup; g < groups; g++) {
      double least = Double.POSITIVE_INFINITY;
      for (int i = problem.start[g], end = i + size[g]; i < end; i++) {
        int s = list[i];
        double p = c[s];
        for (int k = 0, at = s * baseRows; k < baseRows; k++) {
          p += lambda[k] * w[at + k];
        }
        if (counting) {
          p += kindPrice[kinds.first[s]] + kindPrice[kinds.second[s]];
        }
        price[s] = p;
        if (p < least) {
          least = p;
        }
      }
      nextStep[g] = least;
      z += least;
      magnitude += Math.abs(least);
    }
    bound = z - 4e-16 * (groups + 8) * magnitude;
  }

  /** Dual feasibility: swaps keys that rounding left behind, refuses a group that mixes. */
  private boolean keysAreCheapest() {
    for (int g = firstGroup; g < groups; g++) {
      double excess = price[key[g]] - nextStep[g];
      if (excess > 1e-9 * (1 + Math.abs(nextStep[g]))) {
        if (mixed[g] > 0) {
          return false;
        }
        key[g] = cheapest(g);
      }
    }
    return true;
  }

  private void computeValues() {
    for (int i = 0; i < m; i++) {
      rest[i] = b[active[i]];
    }
    for (int g = firstGroup; g < groups; g++) {
      int k = key[g];
      for (int i = 0; i < m; i++) {
        rest[i] -= coefficient(active[i], k);
      }
    }
    for (int p = 0; p < m; p++) {
      double sum = 0;
      for (int i = 0; i < m; i++) {
        sum += inverse[p][i] * rest[i];
      }
      y[p] = sum;
    }
  }

  /** The basic variable furthest outside, by the length of its row; keys are swapped in first. */
  private int chooseLeaving() {
    int leaving = -1;
    double worst = 0;
    for (int p = 0; p < m; p++) {
      double outside = -y[p];
      if (basic[p] >= 0 && !isLeft(basic[p])) {
        outside = Math.max(Math.abs(y[p]), 2 * FEASIBILITY);
      }
      if (outside > FEASIBILITY) {
        double length = 0;
        for (int i = 0; i < m; i++) {
          length += inverse[p][i] * inverse[p][i];
        }
        double weight = outside * outside / length;
        if (weight > worst) {
          worst = weight;
          leaving = p;
        }
      }
    }
    if (leaving >= 0) {
      return leaving;
    }
    for (int p = 0; p < m; p++) {
      if (basic[p] >= 0) {
        int g = kinds.group[basic[p]];
        double keyValue = 1;
        int largest = p;
        for (int q = 0; q < m; q++) {
          if (basic[q] >= 0 && kinds.group[basic[q]] == g) {
            keyValue -= y[q];
            largest = y[q] > y[largest] ? q : largest;
          }
        }
        if (keyValue < -FEASIBILITY) {
          int old = key[g];
          key[g] = basic[largest];
          basic[largest] = old;
          if (!refactor()) {
            return -1;
          }
          computeValues();
          return largest;
        }
      }
    }
    return -1;
  }

  /** One long step of the dual: position p leaves, σ +1 from below zero, -1 from above. */
  private End exchange(int p, int sigma) {
    double rise = Math.abs(y[p]);
    Arrays.fill(kindSlope, 0);
    boolean counting = false;
    double limit = Double.POSITIVE_INFINITY;
    int entering = Integer.MIN_VALUE;
    for (int i = 0; i < m; i++) {
      int row = active[i];
      double d = sigma * inverse[p][i];
      direction[i] = d;
      if (row >= baseRows && d != 0) {
        int r = row - baseRows;
        kindSlope[r >> 1] += (r & 1) == 0 ? d : -d;
        counting = true;
      }
      if (d < -PIVOT && !isBasicSlack(row, p)) {
        double t = lambda[row] / -d;
        if (t < limit) {
          limit = t;
          entering = -1 - row;
        }
      }
    }
    int leavingGroup = basic[p] >= 0 ? kinds.group[basic[p]] : -1;
    if (leavingGroup >= 0) {
      mixed[leavingGroup]--;
    }
    for (int g = firstGroup; g < groups; g++) {
      for (int i = problem.start[g], end = i + size[g]; i < end; i++) {
        int s = list[i];
        double a = 0;
        for (int k = 0, at = s * baseRows; k < baseRows; k++) {
          a += direction[k] * w[at + k];
        }
        if (counting) {
          a += kindSlope[kinds.first[s]] + kindSlope[kinds.second[s]];
        }
        slope[s] = a;
      }
      findNext(g, 0, basic[p]);
    }
    while (true) {
      int group = -1;
      double t = limit;
      for (int g = firstGroup; g < groups; g++) {
        if (nextStep[g] < t) {
          t = nextStep[g];
          group = g;
        }
      }
      if (group < 0) {
        break;
      }
      int s = nextSlot[group];
      double change = slope[s] - slope[key[group]];
      if (mixed[group] > 0 || rise + change <= 0) {
        entering = s;
        break;
      }
      rise += change;
      key[group] = s;
      findNext(group, t, basic[p]);
    }
    if (entering == Integer.MIN_VALUE) {
      if (leavingGroup >= 0) {
        mixed[leavingGroup]++;
      }
      return rise > FEASIBILITY ? End.INFEASIBLE : End.STALLED;
    }
    basic[p] = entering;
    if (entering >= 0) {
      mixed[kinds.group[entering]]++;
    }
    return End.OPTIMAL;
  }

  private boolean isBasicSlack(int row, int except) {
    for (int p = 0; p < m; p++) {
      if (basic[p] == -1 - row && p != except) {
        return true;
      }
    }
    return false;
  }

  /** Next item of the group to undercut its key when the step grows beyond t. */
  private void findNext(int g, double t, int leaving) {
    int k = key[g];
    double best = Double.POSITIVE_INFINITY;
    int slot = -1;
    double keyPrice = price[k];
    double keySlope = slope[k];
    for (int i = problem.start[g], end = i + size[g]; i < end; i++) {
      int s = list[i];
      double a = keySlope - slope[s];
      if (a > PIVOT && s != leaving && (mixed[g] == 0 || !isBasic(s))) {
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

  private boolean isBasic(int slot) {
    for (int p = 0; p < m; p++) {
      if (basic[p] == slot) {
        return true;
      }
    }
    return false;
  }

  // ---- Results -------------------------------------------------------------------------------

  /** Certified lower bound over the items that are left. */
  double bound() {
    return bound;
  }

  /** Multiplier of a base row. */
  double multiplier(int row) {
    return lambda[row];
  }

  double[] multipliers() {
    double[] copy = new double[baseRows];
    for (int k = 0; k < baseRows; k++) {
      copy[k] = lambda[k];
    }
    return copy;
  }

  /** Least price in a group at the multipliers of the last solve. */
  double leastPrice(int group) {
    double least = Double.POSITIVE_INFINITY;
    for (int i = problem.start[group], end = i + size[group]; i < end; i++) {
      least = Math.min(least, price[list[i]]);
    }
    return least;
  }

  int activeRows() {
    return m;
  }

  /** Price of an item that is left, at the multipliers of the last solve. */
  double price(int slot) {
    return price[slot];
  }

  int key(int group) {
    return key[group];
  }

  int basic(int position) {
    return basic[position];
  }

  double value(int position) {
    return y[position];
  }

  /** Share of an item in the mixture of the last optimal solve. */
  double share(int slot) {
    int g = kinds.group[slot];
    if (slot == key[g]) {
      double rest = 1;
      for (int p = 0; mixed[g] > 0 && p < m; p++) {
        if (basic[p] >= 0 && kinds.group[basic[p]] == g) {
          rest -= y[p];
        }
      }
      return rest;
    }
    for (int p = 0; p < m; p++) {
      if (basic[p] == slot) {
        return y[p];
      }
    }
    return 0;
  }

  boolean mixes(int group) {
    return mixed[group] > 0;
  }
}
