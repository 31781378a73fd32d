package puzzle.engine.solve.studies;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import puzzle.engine.solve.ArchitectureSolver;
import puzzle.engine.solve.IncrementalSolver;
import puzzle.engine.solve.Row;
import puzzle.engine.solve.Solution;
import puzzle.engine.solve.SolveBudget;
import puzzle.engine.solve.SolverTable;

/** Families of solves that reuse each other: diverse solutions, the Pareto front of one limit. */
public final class Sweeps {

  private Sweeps() {}

  /**
   * The best architecture, then the best that differs from all earlier ones in at least {@code
   * differ} layers, and so on. Shorter where no more exist or the budget ends.
   */
  public static List<Solution> diverse(
      SolverTable table, List<Row> rows, int count, int differ, SolveBudget budget) {
    ArchitectureSolver solver = new IncrementalSolver(table, rows);
    SolveBudget all = budget.fromNow();
    List<Solution> found = new ArrayList<>();
    List<List<Integer>> earlier = new ArrayList<>();
    while (found.size() < count && !all.cancelled().getAsBoolean()) {
      Solution next = solver.solve(all);
      if (!next.found()) {
        if (found.isEmpty()) {
          found.add(next);
        }
        break;
      }
      found.add(next);
      earlier.add(next.choices());
      solver.differFrom(earlier, table.layers() - differ);
    }
    return found;
  }

  /** One point of a Pareto sweep. */
  public record Point(double limit, Solution solution) {}

  /**
   * The best architecture for each upper limit on one stat, all other limits kept. Runs from loose
   * to tight: an optimum that keeps the next limit too is optimal there without a search, and
   * multipliers and incumbents carry over.
   *
   * @return in the order from {@code from} to {@code to}
   */
  public static List<Point> pareto(
      SolverTable table,
      List<Row> rows,
      String stat,
      double from,
      double to,
      int steps,
      SolveBudget budget) {
    List<Row> others = new ArrayList<>(rows);
    Optional<Row> replaced = rows.stream().filter(row -> row.stat().equals(stat)).findFirst();
    replaced.ifPresent(others::remove);
    double lower = replaced.map(Row::lower).orElse(Double.NEGATIVE_INFINITY);
    IncrementalSolver solver = null;
    SolveBudget all = budget.fromNow();
    Point[] points = new Point[steps];
    for (int i = 0; i < steps; i++) {
      int at = from <= to ? steps - 1 - i : i;
      double limit = steps == 1 ? to : from + (to - from) * at / (steps - 1);
      List<Row> target = new ArrayList<>(others);
      target.add(new Row(stat, Math.min(lower, limit), limit));
      if (solver == null) {
        solver = new IncrementalSolver(table, target);
      } else {
        solver.retarget(target);
      }
      points[at] = new Point(limit, solver.solve(all));
    }
    return List.of(points);
  }
}
