package puzzle.actors.solver;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import puzzle.engine.solve.ArchitectureSolver;
import puzzle.engine.solve.Row;
import puzzle.engine.solve.Solution;
import puzzle.engine.solve.SolveBudget;
import puzzle.engine.solve.SolverTable;
import puzzle.model.Architecture;
import puzzle.model.Baseline;

/**
 * The calls into {@code puzzle.engine.solve}, each made on the solver's own thread, one after the
 * other. Keeps the incremental solver between calls; knows nothing of actors.
 */
final class Search {

  private final BiFunction<SolverTable, List<Row>, ArchitectureSolver> solvers;
  private final BaselineMethods baselines;
  private ArchitectureSolver live;

  Search(
      BiFunction<SolverTable, List<Row>, ArchitectureSolver> solvers, BaselineMethods baselines) {
    this.solvers = solvers;
    this.baselines = baselines;
  }

  /** Whether the limits could be met at all, whatever the scores; explained where not. */
  Solution feasibility(SolverTable costsAlone, List<Row> rows, Duration limit) {
    return explained(solvers.apply(costsAlone, rows), limit);
  }

  /**
   * Solves again after some cells changed.
   *
   * @param start the table to begin with, used by the first call alone
   */
  Solution again(SolverTable start, List<Row> rows, List<ScoreTable.Put> puts, Duration limit) {
    if (live == null) {
      live = solvers.apply(start, rows);
    } else {
      puts.forEach(p -> live.put(p.layer(), p.item(), p.score()));
    }
    return live.solve(SolveBudget.of(limit));
  }

  /** Solves from the table alone: the answer does not depend on what was solved before. */
  Solution afresh(SolverTable table, List<Row> rows, Duration limit) {
    return explained(solvers.apply(table, rows), limit);
  }

  /** What the other methods pick. */
  List<Baseline> baselines(ScoreTable scores, SolverTable table, long seed, int samples) {
    List<Row> rows = scores.rows();
    List<Baseline> found = new ArrayList<>();
    baselines.greedy(table, rows).ifPresent(c -> found.add(baseline("greedy", 0, scores, c)));
    baselines.uniform(table, rows).ifPresent(c -> found.add(baseline("uniform", 0, scores, c)));
    for (int i = 0; i < samples; i++) {
      int sample = i;
      baselines
          .random(table, rows, seed + i)
          .ifPresent(c -> found.add(baseline("random", sample, scores, c)));
    }
    return found;
  }

  private static Baseline baseline(
      String method, int sample, ScoreTable scores, List<Integer> choices) {
    Architecture architecture = scores.architecture(choices);
    return new Baseline(method, sample, architecture, scores.summedKl(choices));
  }

  private static Solution explained(ArchitectureSolver solver, Duration limit) {
    Solution solution = solver.solve(SolveBudget.of(limit));
    if (solution.status() != Solution.Status.INFEASIBLE || solution.infeasibility().isPresent()) {
      return solution;
    }
    return new Solution(
        solution.status(),
        solution.choices(),
        solution.objective(),
        solution.bound(),
        solution.gap(),
        solution.proven(),
        solution.totals(),
        solution.limits(),
        solution.nodes(),
        solution.seconds(),
        java.util.Optional.of(solver.explain(SolveBudget.of(limit))));
  }
}
