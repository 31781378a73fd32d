package puzzle.actors.solver;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import puzzle.engine.solve.ArchitectureSolver;
import puzzle.engine.solve.Row;
import puzzle.engine.solve.Solution;
import puzzle.engine.solve.SolveBudget;
import puzzle.engine.solve.SolverTable;
import puzzle.engine.solve.studies.Baselines;
import puzzle.engine.solve.studies.Sweeps;
import puzzle.model.Baseline;
import puzzle.model.Variant;

/**
 * The calls into {@code puzzle.engine.solve}, each made on the solver's own thread, one after the
 * other. Keeps the incremental solver between calls; knows nothing of actors.
 */
final class SolverCalls {

  private final BiFunction<SolverTable, List<Row>, ArchitectureSolver> solvers;

  /** Solutions that the second stage of BLD is drawn from. */
  private static final int DIVERSE = 12;

  private ArchitectureSolver live;

  SolverCalls(BiFunction<SolverTable, List<Row>, ArchitectureSolver> solvers) {
    this.solvers = solvers;
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

  /**
   * The best architecture, then ever others that differ from all before in a fifth of the layers.
   */
  static List<Solution> diverse(SolverTable table, List<Row> rows, Duration limit) {
    int differ = Math.max(1, table.layers() / 5);
    return Sweeps.diverse(table, rows, DIVERSE, differ, SolveBudget.of(limit));
  }

  /**
   * The best architecture and those next to it, each different from all before it in a layer or
   * more, solved from the table alone.
   *
   * @param first the best
   * @param count at most so many, {@code first} included
   * @param limit of each search
   */
  List<Solution> candidates(
      SolverTable table, List<Row> rows, Solution first, int count, Duration limit) {
    List<Solution> found = new ArrayList<>(List.of(first));
    ArchitectureSolver solver = solvers.apply(table, rows);
    while (found.size() < count) {
      solver.differFrom(found.stream().map(Solution::choices).toList(), table.layers() - 1);
      Solution next = solver.solve(SolveBudget.of(limit));
      if (!next.found()) {
        break;
      }
      found.add(next);
    }
    return found;
  }

  /**
   * What the other methods pick.
   *
   * @param samples architectures drawn at random
   */
  static List<Baseline> baselines(
      ScoreTable scores, SolverTable table, long seed, int samples, Duration limit) {
    List<Baseline> found = new ArrayList<>();
    for (int sample = 0; sample < Math.max(1, samples); sample++) {
      Map<String, Baselines.Baseline> all =
          Baselines.all(
              table,
              scores.rows(),
              null,
              Variant.noOpNames(),
              seed + sample,
              SolveBudget.of(limit));
      if (sample == 0) {
        add(found, "greedy", 0, scores, all);
        add(found, "uniform", 0, scores, all);
      }
      if (sample < samples) {
        add(found, "random", sample, scores, all);
      }
    }
    return found;
  }

  private static void add(
      List<Baseline> found,
      String method,
      int sample,
      ScoreTable scores,
      Map<String, Baselines.Baseline> all) {
    Baselines.Baseline b = all.get(method);
    if (b != null) {
      found.add(
          new Baseline(
              method, sample, scores.architecture(b.choices()), b.objective(), b.feasible()));
    }
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
        Optional.of(solver.explain(SolveBudget.of(limit))));
  }
}
