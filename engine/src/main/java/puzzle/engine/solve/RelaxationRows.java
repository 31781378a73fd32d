package puzzle.engine.solve;

import java.util.Arrays;

/**
 * The rows of a relaxation: those of the problem, and counting rows ("at most n, or at least n,
 * groups use this kind") whose coefficients are 0 and ±1. Row ids: the problem's rows first, then
 * two for each kind.
 */
final class RelaxationRows {

  final Problem problem;
  final Kinds kinds;

  /** Rows of the problem. */
  final int base;

  /** All rows that can be switched on. */
  final int most;

  /** Right-hand sides by row id. */
  final double[] limit;

  /** Problem's weights, slot by slot: [slot * base + row]. */
  final double[] weight;

  RelaxationRows(Problem problem, Kinds kinds) {
    this.problem = problem;
    this.kinds = kinds;
    this.base = problem.rows;
    this.most = base + 2 * kinds.count();
    this.limit = Arrays.copyOf(problem.budget, most);
    this.weight = new double[problem.item.length * base];
    for (int s = 0; s < problem.item.length; s++) {
      reload(s);
    }
  }

  /** Follows changed weights of a slot in the problem. */
  void reload(int slot) {
    for (int k = 0; k < base; k++) {
      weight[slot * base + k] = problem.weight[k][slot];
    }
  }

  double coefficient(int row, int slot) {
    if (row < base) {
      return weight[slot * base + row];
    }
    int kind = kind(row);
    return kinds.first[slot] == kind || kinds.second[slot] == kind ? sign(row) : 0;
  }

  int countingRow(int kind, boolean atMost) {
    return base + 2 * kind + (atMost ? 0 : 1);
  }

  /** The kind that a counting row counts. */
  int kind(int row) {
    return row - base >> 1;
  }

  /** +1 for "at most", -1 for "at least". */
  int sign(int row) {
    return (row - base & 1) == 0 ? 1 : -1;
  }
}
