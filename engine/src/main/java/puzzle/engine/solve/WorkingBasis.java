package puzzle.engine.solve;

import java.util.Arrays;

/**
 * A basis of the relaxation: a key item per group, and one more basic variable per active row, a
 * slack or a second item of a group that mixes. Knows the inverse of its K × K working part, the
 * multipliers and the basic values.
 */
final class WorkingBasis {

  private static final double PIVOT = 1e-11;

  private final RelaxationRows rows;
  private final double[] score;
  private final int groups;

  /** Active rows, and as many basic variables. */
  int m;

  /** Row ids. */
  final int[] active;

  /** Slot of an item, or -1 - row id for a slack. */
  final int[] basic;

  final int[] key;

  /** Basic items of each group besides its key. */
  final int[] mixed;

  /** Multipliers by row id; those of inactive rows are zero. */
  final double[] lambda;

  /** [position][index of the active row]. */
  final double[][] inverse;

  /** Value of the basic variable at each position. */
  final double[] value;

  // Scratch of a factorisation.
  private final double[][] work;
  private final double[][] small;
  private final double[][] column;
  private final int[] itemPosition;
  private final int[] slackPosition;
  private final int[] tightRow;
  private final double[] rest;

  WorkingBasis(RelaxationRows rows) {
    this.rows = rows;
    this.score = rows.problem.score;
    this.groups = rows.problem.groups;
    int most = rows.most;
    this.key = new int[groups];
    this.mixed = new int[groups];
    this.active = new int[most];
    this.basic = new int[most];
    this.lambda = new double[most];
    this.inverse = new double[most][most];
    this.value = new double[most];
    this.work = new double[most][most];
    this.small = new double[most][most];
    this.column = new double[most][most];
    this.itemPosition = new int[most];
    this.slackPosition = new int[most];
    this.tightRow = new int[most];
    this.rest = new double[most];
  }

  /** The problem's rows with their slacks; multipliers zero. The caller sets the keys. */
  void reset() {
    m = 0;
    for (int k = 0; k < rows.base; k++) {
      activate(k);
    }
    Arrays.fill(lambda, 0);
    Arrays.fill(mixed, 0);
  }

  /** Switches a row on with its slack basic; nothing where it is on. */
  void activate(int row) {
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

  /**
   * Loads a basis; items that are gone since are dealt with by the next {@link Relaxation#solve}.
   */
  void load(Saved saved) {
    m = saved.m;
    System.arraycopy(saved.active, 0, active, 0, m);
    System.arraycopy(saved.basic, 0, basic, 0, m);
    System.arraycopy(saved.key, 0, key, 0, groups);
    System.arraycopy(saved.lambda, 0, lambda, 0, lambda.length);
    Arrays.fill(mixed, 0);
    for (int p = 0; p < m; p++) {
      if (basic[p] >= 0) {
        mixed[rows.classes.group()[basic[p]]]++;
      }
    }
  }

  /**
   * Inverts the working basis and derives the multipliers: λ B = -(c_basic - c_key).
   *
   * <p>A row whose slack is basic has multiplier zero and a unit column, so only the square of
   * tight rows against item columns is inverted; during a search with many counting rows that is a
   * corner of the matrix.
   */
  boolean refactor() {
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
      int k = key[rows.classes.group()[v]];
      for (int i = 0; i < m; i++) {
        column[a][i] = rows.coefficient(active[i], v) - rows.coefficient(active[i], k);
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
        sum -= (score[v] - score[key[rows.classes.group()[v]]]) * small[a][t];
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

  /** Values of the basic variables, over the groups from {@code first} on. */
  void computeValues(int first) {
    for (int i = 0; i < m; i++) {
      rest[i] = rows.limit[active[i]];
    }
    for (int g = first; g < groups; g++) {
      int k = key[g];
      for (int i = 0; i < m; i++) {
        rest[i] -= rows.coefficient(active[i], k);
      }
    }
    for (int p = 0; p < m; p++) {
      double sum = 0;
      for (int i = 0; i < m; i++) {
        sum += inverse[p][i] * rest[i];
      }
      value[p] = sum;
    }
  }

  /** Swaps the key of a group with one of its other basic items. */
  void swapKey(int group, int position) {
    int old = key[group];
    key[group] = basic[position];
    basic[position] = old;
  }

  boolean isBasicSlack(int row, int except) {
    for (int p = 0; p < m; p++) {
      if (basic[p] == -1 - row && p != except) {
        return true;
      }
    }
    return false;
  }

  boolean isBasic(int slot) {
    for (int p = 0; p < m; p++) {
      if (basic[p] == slot) {
        return true;
      }
    }
    return false;
  }

  /** Share of an item in the mixture of the last optimal solve. */
  double share(int slot) {
    int g = rows.classes.group()[slot];
    if (slot == key[g]) {
      double left = 1;
      for (int p = 0; mixed[g] > 0 && p < m; p++) {
        if (basic[p] >= 0 && rows.classes.group()[basic[p]] == g) {
          left -= value[p];
        }
      }
      return left;
    }
    for (int p = 0; p < m; p++) {
      if (basic[p] == slot) {
        return value[p];
      }
    }
    return 0;
  }
}
