package puzzle.engine.solve;

import java.util.ArrayList;
import java.util.List;

/**
 * The linear forms that a target limits: one per row of the target, then one per earlier solution
 * that must not be repeated in more than some layers.
 *
 * @param maxShared layers that may agree with each earlier solution
 */
record TargetForms(List<Row> rows, List<List<Integer>> earlier, int maxShared) {

  TargetForms {
    rows = List.copyOf(rows);
    earlier = List.copyOf(earlier);
  }

  /** The problem of a whole table, every item of it. */
  LiveProblem compile(SolverTable table) {
    double[][] scores = values(table, table::score);
    List<Problem.Form> forms = new ArrayList<>();
    for (Row row : rows) {
      int stat = table.statIndex(row.stat());
      forms.add(
          new Problem.Form(
              values(table, (g, j) -> table.cost(g, j, stat)), row.lower(), row.upper()));
    }
    for (List<Integer> solution : earlier) {
      forms.add(
          new Problem.Form(
              values(table, (g, j) -> solution.get(g) == j ? 1 : 0),
              Double.NEGATIVE_INFINITY,
              maxShared));
    }
    return new LiveProblem(scores, forms);
  }

  /** What one item adds to each form. */
  double[] of(SolverTable table, int layer, int item) {
    double[] values = new double[rows.size() + earlier.size()];
    for (int r = 0; r < rows.size(); r++) {
      values[r] = table.cost(layer, item, table.statIndex(rows.get(r).stat()));
    }
    for (int e = 0; e < earlier.size(); e++) {
      values[rows.size() + e] = earlier.get(e).get(layer) == item ? 1 : 0;
    }
    return values;
  }

  private static double[][] values(SolverTable table, SolverTable.ItemStat stat) {
    double[][] values = new double[table.layers()][];
    for (int g = 0; g < values.length; g++) {
      values[g] = new double[table.items(g)];
      for (int j = 0; j < values[g].length; j++) {
        values[g][j] = stat.of(g, j);
      }
    }
    return values;
  }

  /** Whether whatever keeps the changed rows keeps the old ones too. */
  static boolean onlyTightens(List<Row> before, List<Row> after) {
    for (Row old : before) {
      double lower = Double.NEGATIVE_INFINITY;
      double upper = Double.POSITIVE_INFINITY;
      for (Row row : after) {
        if (row.stat().equals(old.stat())) {
          lower = Math.max(lower, row.lower());
          upper = Math.min(upper, row.upper());
        }
      }
      if (lower < old.lower() || upper > old.upper()) {
        return false;
      }
    }
    return true;
  }
}
