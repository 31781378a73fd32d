package puzzle.engine.solve;

import java.util.Arrays;
import java.util.TreeMap;

/** The states of one layer of the {@link LayeredProgramme}, as parallel arrays. */
final class States {

  private final int rows;
  int count;
  double[] score;
  double[] bound;

  /** [state * rows + row]. */
  double[] used;

  long[] code;

  /** Where the state came from; once recorded, its own place in the way back. */
  int[] back;

  int[] slot;

  States(int rows, int capacity) {
    this.rows = rows;
    this.score = new double[capacity];
    this.bound = new double[capacity];
    this.used = new double[capacity * rows];
    this.code = new long[capacity];
    this.back = new int[capacity];
    this.slot = new int[capacity];
  }

  void clear() {
    count = 0;
  }

  void add(
      States from, int i, int s, double newScore, double newBound, long newCode, Problem problem) {
    if (count == score.length) {
      int size = 2 * count;
      score = Arrays.copyOf(score, size);
      bound = Arrays.copyOf(bound, size);
      used = Arrays.copyOf(used, size * rows);
      code = Arrays.copyOf(code, size);
      back = Arrays.copyOf(back, size);
      slot = Arrays.copyOf(slot, size);
    }
    score[count] = newScore;
    bound[count] = newBound;
    for (int k = 0; k < rows; k++) {
      used[count * rows + k] = from.used[i * rows + k] + problem.weight[k][s];
    }
    code[count] = newCode;
    back[count] = from.back[i];
    slot[count] = s;
    count++;
  }

  private void move(int from, int to) {
    score[to] = score[from];
    bound[to] = bound[from];
    System.arraycopy(used, from * rows, used, to * rows, rows);
    code[to] = code[from];
    back[to] = back[from];
    slot[to] = slot[from];
  }

  /** Of states that used the same number of every cost class, keeps the best. */
  void mergeEqual() {
    int size = Integer.highestOneBit(Math.max(8, 2 * count)) * 2;
    int[] table = new int[size];
    int kept = 0;
    for (int i = 0; i < count; i++) {
      int at = (int) (code[i] ^ code[i] >>> 32) & size - 1;
      while (table[at] != 0 && !sameUse(table[at] - 1, i)) {
        at = at + 1 & size - 1;
      }
      if (table[at] == 0) {
        move(i, kept);
        table[at] = ++kept;
      } else if (score[i] < score[table[at] - 1]) {
        move(i, table[at] - 1);
      }
    }
    count = kept;
  }

  private boolean sameUse(int a, int b) {
    if (code[a] != code[b]) {
      return false;
    }
    for (int k = 0; k < rows; k++) {
      if (Math.abs(used[a * rows + k] - used[b * rows + k]) > 1e-9) {
        return false;
      }
    }
    return true;
  }

  /** With one or two rows, removes every state that another beats or equals in all of them. */
  void removeDominated() {
    if (rows > 2 || count < 2) {
      return;
    }
    int[] order = IndexSort.ascending(used, rows, count);
    boolean[] keep = new boolean[count];
    if (rows <= 1) {
      double least = Double.POSITIVE_INFINITY;
      for (int i : order) {
        keep[i] = score[i] < least;
        least = Math.min(least, score[i]);
      }
    } else {
      keepStaircase(order, keep);
    }
    int kept = 0;
    for (int i = 0; i < count; i++) {
      if (keep[i]) {
        move(i, kept++);
      }
    }
    count = kept;
  }

  /** Second row against score, swept by the first: the staircase of what is still unbeaten. */
  private void keepStaircase(int[] order, boolean[] keep) {
    TreeMap<Double, Double> stairs = new TreeMap<>();
    for (int i : order) {
      double second = used[i * 2 + 1];
      var below = stairs.floorEntry(second);
      if (below != null && below.getValue() <= score[i]) {
        continue;
      }
      keep[i] = true;
      var above = stairs.ceilingEntry(second);
      while (above != null && above.getValue() >= score[i]) {
        stairs.remove(above.getKey());
        above = stairs.ceilingEntry(second);
      }
      stairs.put(second, score[i]);
    }
  }

  /**
   * Keeps the states with the least bounds.
   *
   * @return the least bound among those that went, infinite where none did
   */
  double keepBest(int width) {
    if (count <= width) {
      return Double.POSITIVE_INFINITY;
    }
    double[] sorted = Arrays.copyOf(bound, count);
    Arrays.sort(sorted);
    double threshold = sorted[width];
    int kept = 0;
    for (int i = 0; i < count; i++) {
      if (bound[i] < threshold) {
        move(i, kept++);
      }
    }
    count = kept;
    return threshold;
  }
}
