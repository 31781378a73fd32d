package puzzle.actors.solver;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import puzzle.engine.solve.ArchitectureSolver;
import puzzle.engine.solve.IncrementalSolver;
import puzzle.engine.solve.Infeasibility;
import puzzle.engine.solve.Row;
import puzzle.engine.solve.Solution;
import puzzle.engine.solve.SolveBudget;
import puzzle.engine.solve.SolverTable;
import puzzle.engine.solve.studies.Sweeps;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.BlockCost;
import puzzle.model.Incumbent;
import puzzle.model.Infeasible;
import puzzle.model.RunSpec;
import puzzle.model.ScoredBlock;
import puzzle.model.TaskResult;

/**
 * What the best architecture would be under other limits, from the costs and scores a run has so
 * far. Changes nothing; every call stands alone.
 */
public final class WhatIf {

  /**
   * One of the two.
   *
   * @param incumbent null if the limits cannot be met
   * @param infeasible null if they can, or where the time was too short to tell
   */
  public record Answer(Incumbent incumbent, Infeasible infeasible) {}

  private static final double MOST_SPEED_UP = 4;

  private final ScoreTable scores;
  private final SolverTable table;

  /**
   * @param spec with the limits in question
   * @param profiles one per goal of the target, in its order
   * @param measured scores of each layer
   */
  public WhatIf(
      RunSpec spec,
      int layers,
      List<TaskResult.Profiled> profiles,
      Map<Integer, List<ScoredBlock>> measured) {
    this.scores = new ScoreTable(spec, layers, profiles);
    measured.forEach((layer, list) -> list.forEach(s -> scores.measure(layer, s)));
    this.table = scores.table();
  }

  public Answer solve(Duration limit) {
    ArchitectureSolver solver = new IncrementalSolver(table, scores.rows());
    Solution solution = solver.solve(SolveBudget.of(limit));
    if (solution.found()) {
      return new Answer(incumbent(solution), null);
    }
    if (solution.status() != Solution.Status.INFEASIBLE) {
      return new Answer(null, null);
    }
    Infeasibility why =
        solution.infeasibility().orElseGet(() -> solver.explain(SolveBudget.of(limit)));
    return new Answer(null, scores.target().explained(why));
  }

  /**
   * The best architecture for each of several speeds, from the parent's to four times that, or to
   * the fastest there is; limits on memory and parameters are kept, those on speed are varied.
   */
  public List<Incumbent> front(int points, Duration limit) {
    String runtime = scores.target().stats().get(1);
    List<Row> others = scores.rows().stream().filter(row -> !row.stat().equals(runtime)).toList();
    double slowest = 0;
    double fastest = Double.POSITIVE_INFINITY;
    List<Block> blocks = scores.blocks();
    for (int i = 0; i < blocks.size(); i++) {
      double cost = scores.target().costs(blocks.get(i))[1];
      slowest = i == 0 ? cost : slowest;
      fastest = Math.min(fastest, cost);
    }
    List<Incumbent> front = new ArrayList<>();
    for (Sweeps.Point point :
        Sweeps.pareto(
            table,
            others,
            runtime,
            slowest * scores.layers(),
            Math.max(fastest, slowest / MOST_SPEED_UP) * scores.layers(),
            points,
            SolveBudget.of(limit))) {
      if (point.solution().found()) {
        Incumbent next = incumbent(point.solution());
        if (front.isEmpty()
            || !front.get(front.size() - 1).architecture().equals(next.architecture())) {
          front.add(next);
        }
      }
    }
    return front;
  }

  private Incumbent incumbent(Solution solution) {
    Architecture architecture = scores.architecture(solution.choices());
    BlockCost cost = scores.cost(architecture);
    return new Incumbent(
        architecture,
        solution.objective(),
        solution.bound(),
        solution.proven(),
        cost,
        scores.parentCost(),
        scores.measured(),
        scores.predicted(),
        "what if");
  }
}
