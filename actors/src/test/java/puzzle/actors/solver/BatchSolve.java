package puzzle.actors.solver;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import puzzle.engine.solve.IncrementalSolver;
import puzzle.engine.solve.Solution;
import puzzle.engine.solve.SolveBudget;
import puzzle.model.RunSpec;
import puzzle.model.ScoredBlock;
import puzzle.model.TaskResult;

/** The best architecture of a run when all its scores are there at once. */
public final class BatchSolve {

  private BatchSolve() {}

  public static Solution of(
      RunSpec spec,
      int layers,
      List<TaskResult.Profiled> profiles,
      Map<Integer, List<ScoredBlock>> scores) {
    ScoreTable table = new ScoreTable(spec, layers, profiles);
    scores.forEach((layer, list) -> list.forEach(s -> table.measure(layer, s)));
    return new IncrementalSolver(table.table(), table.rows())
        .solve(SolveBudget.of(Duration.ofSeconds(60)));
  }
}
