package puzzle.actors.solver;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import puzzle.cluster.PuzzleSettings;
import puzzle.engine.solve.ArchitectureSolver;
import puzzle.engine.solve.Row;
import puzzle.engine.solve.Solution;
import puzzle.engine.solve.SolveBudget;
import puzzle.engine.solve.SolverTable;
import puzzle.engine.solve.studies.Baselines;
import puzzle.engine.solve.studies.Sweeps;
import puzzle.model.Baseline;
import puzzle.model.RunSpec;
import puzzle.model.Variant;

/**
 * The calls into {@code puzzle.engine.solve}, each made on the solver's own thread, one after the
 * other. Keeps the incremental solver between calls; knows nothing of actors.
 */
final class SolverCalls {

  private final BiFunction<SolverTable, List<Row>, ArchitectureSolver> solvers;

  /** Solutions that the second stage of BLD is drawn from. */
  private static final int DIVERSE = 12;

  private final PuzzleSettings.Solver settings;
  private ArchitectureSolver live;

  SolverCalls(
      BiFunction<SolverTable, List<Row>, ArchitectureSolver> solvers,
      PuzzleSettings.Solver settings) {
    this.solvers = solvers;
    this.settings = settings;
  }

  /** Whether the limits could be met at all, whatever the scores; explained where not. */
  Solution feasibility(SolverTable costsAlone, List<Row> rows) {
    return explained(costsAlone, rows);
  }

  /**
   * Solves again after some cells changed.
   *
   * @param start the table to begin with, used by the first call alone
   */
  Solution again(SolverTable start, List<Row> rows, List<ScoreTable.Put> puts) {
    if (live == null) {
      live = solvers.apply(start, rows);
    } else {
      puts.forEach(p -> live.put(p.layer(), p.item(), p.score()));
    }
    return live.solve(SolveBudget.of(settings.limit()));
  }

  /**
   * The best architecture, then ever others that differ from all before in a fifth of the layers.
   */
  List<Solution> diverse(SolverTable table, List<Row> rows) {
    int differ = Math.max(1, table.layers() / 5);
    return Sweeps.diverse(table, rows, DIVERSE, differ, SolveBudget.of(settings.finalLimit()));
  }

  /**
   * The last word.
   *
   * @param best the solution and those next to it; empty unless candidates are wanted
   */
  record Conclusion(Solution solution, List<Solution> best, List<Baseline> baselines) {}

  /** Solves from the complete table alone: the answer does not depend on what came before. */
  Conclusion conclude(RunSpec spec, ScoreTable scores, SolverTable table) {
    List<Row> rows = scores.rows();
    Solution solution = explained(table, rows);
    if (!solution.found()) {
      return new Conclusion(solution, List.of(), List.of());
    }
    int candidates = spec.scoring().candidates();
    return new Conclusion(
        solution,
        candidates > 1 ? candidates(table, rows, solution, candidates) : List.of(),
        baselines(scores, table, spec.seed()));
  }

  /**
   * The best architecture and those next to it, each different from all before it in a layer or
   * more, solved from the table alone.
   *
   * @param first the best
   * @param count at most this many, {@code first} included
   */
  private List<Solution> candidates(SolverTable table, List<Row> rows, Solution first, int count) {
    List<Solution> found = new ArrayList<>(List.of(first));
    ArchitectureSolver solver = solvers.apply(table, rows);
    while (found.size() < count) {
      solver.differFrom(found.stream().map(Solution::choices).toList(), table.layers() - 1);
      Solution next = solver.solve(SolveBudget.of(settings.limit()));
      if (!next.found()) {
        break;
      }
      found.add(next);
    }
    return found;
  }

  /** What the other methods pick. */
  List<Baseline> baselines(ScoreTable scores, SolverTable table, long seed) {
    int samples = settings.randomBaselines();
    List<Baseline> found = new ArrayList<>();
    for (int sample = 0; sample < Math.max(1, samples); sample++) {
      Map<String, Baselines.Baseline> all =
          Baselines.all(
              table,
              scores.rows(),
              null,
              Variant.noOpNames(),
              seed + sample,
              SolveBudget.of(settings.limit()));
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

  private Solution explained(SolverTable table, List<Row> rows) {
    ArchitectureSolver solver = solvers.apply(table, rows);
    SolveBudget budget = SolveBudget.of(settings.finalLimit());
    Solution solution = solver.solve(budget);
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
        Optional.of(solver.explain(budget)));
  }
}
