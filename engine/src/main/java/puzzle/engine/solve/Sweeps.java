package puzzle.engine.solve;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Families of solves that reuse each other: diverse solutions, the Pareto front of one limit, the
 * best batch size.
 */
public final class Sweeps {

  private Sweeps() {}

  /**
   * The best architecture, then the best that differs from all earlier ones in at least {@code
   * differ} layers, and so on. Shorter where no more exist or the budget ends.
   */
  public static List<Solution> diverse(
      SolverTable table, List<Row> rows, int count, int differ, SolveBudget budget) {
    ArchitectureSolver solver = new IncrementalSolver(table, rows);
    Clock clock = new Clock(budget);
    List<Solution> found = new ArrayList<>();
    List<List<Integer>> earlier = new ArrayList<>();
    while (found.size() < count && !clock.expired()) {
      Solution next = solver.solve(within(budget, clock));
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
    Clock clock = new Clock(budget);
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
      points[at] = new Point(limit, solver.solve(within(budget, clock)));
    }
    return List.of(points);
  }

  /** A batch size with the costs and limits it leads to. */
  public record Candidate(int batch, SolverTable table, List<Row> rows) {}

  /**
   * The best batch size.
   *
   * @param solution of that batch size; its bound holds for all candidates
   */
  public record BatchChoice(int batch, Solution solution) {}

  /**
   * Solves for each batch size (appendix B: b is not a variable). Each candidate is only searched
   * below the best architecture so far; most end at their relaxation.
   */
  public static BatchChoice bestBatch(List<Candidate> candidates, SolveBudget budget) {
    Clock clock = new Clock(budget);
    BatchChoice best = null;
    boolean proven = true;
    double bound = Double.POSITIVE_INFINITY;
    for (Candidate candidate : candidates) {
      IncrementalSolver solver = new IncrementalSolver(candidate.table(), candidate.rows());
      if (best != null && best.solution.found()) {
        solver.setCutoff(best.solution.objective());
      }
      Solution solution = solver.solve(within(budget, clock));
      proven &= solution.proven();
      bound = Math.min(bound, solution.bound());
      boolean better =
          best == null
              || (solution.found()
                  && (!best.solution.found() || solution.objective() < best.solution.objective()));
      if (better) {
        best = new BatchChoice(candidate.batch(), solution);
      }
    }
    if (best == null || !best.solution.found()) {
      return best;
    }
    return new BatchChoice(
        best.batch, best.solution.withBound(Math.min(bound, best.solution.objective()), proven));
  }

  private static SolveBudget within(SolveBudget budget, Clock clock) {
    return new SolveBudget(budget.deadline(), clock::expired, budget.gap(), budget.threads());
  }
}
