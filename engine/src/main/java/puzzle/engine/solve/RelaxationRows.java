package puzzle.engine.solve;

import java.util.Arrays;

/**
 * The rows of a relaxation: those of the problem, and counting rows ("at most n, or at least n,
 * groups use this cost class") whose coefficients are 0 and ±1. Row ids: the problem's rows first,
 * then two for each cost class.
 */
final class RelaxationRows {

  final Problem problem;
  final CostClasses classes;

  /** Rows of the problem. */
  final int base;

  /** All rows that can be switched on. */
  final int most;

  /** Right-hand sides by row id. */
  final double[] limit;

  /** Problem's weights, slot by slot: [slot * base + row]. */
  final double[] weight;

  RelaxationRows(Problem problem, CostClasses classes) {
    this.problem = problem;
    this.classes = classes;
    this.base = problem.rows;
    this.most = base + 2 * classes.count();
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
    int costClass = costClass(row);
    return classes.first()[slot] == costClass || classes.second()[slot] == costClass
        ? sign(row)
        : 0;
  }

  int countingRow(int costClass, boolean atMost) {
    return base + 2 * costClass + (atMost ? 0 : 1);
  }

  /** The cost class that a counting row counts. */
  int costClass(int row) {
    return row - base >> 1;
  }

  /** +1 for "at most", -1 for "at least". */
  int sign(int row) {
    return (row - base & 1) == 0 ? 1 : -1;
  }
}
