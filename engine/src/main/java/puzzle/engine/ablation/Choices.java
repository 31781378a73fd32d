package puzzle.engine.ablation;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import puzzle.engine.ablation.StudyScores.BlockScore;
import puzzle.engine.solve.IncrementalSolver;
import puzzle.engine.solve.Solution;
import puzzle.engine.solve.SolveBudget;
import puzzle.engine.solve.SolverTable;
import puzzle.engine.solve.studies.Baselines;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.SearchSpace;
import puzzle.model.Variant;

/** Architectures chosen from one library's scores, by the solver and by the simpler ways. */
final class Choices {

  private final SolverTable table;
  private final StudyCosts costs;

  /**
   * @param scores of what may be chosen, per layer; what has none may not
   * @param metric which score; smaller is better
   */
  Choices(
      SearchSpace space,
      StudyCosts costs,
      List<Map<Block, BlockScore>> scores,
      ToDoubleFunction<BlockScore> metric) {
    this.costs = costs;
    SolverTable.Builder builder = SolverTable.builder(StudyCosts.STATS);
    List<Block> blocks = space.blocks();
    List<String> names = blocks.stream().map(Block::name).toList();
    double[][] cost = blocks.stream().map(costs::costs).toArray(double[][]::new);
    for (Map<Block, BlockScore> layer : scores) {
      double[] values =
          blocks.stream()
              .map(layer::get)
              .mapToDouble(score -> score == null ? Double.NaN : metric.applyAsDouble(score))
              .toArray();
      builder.layer(names, values, cost);
    }
    table = builder.build();
  }

  /** The solver's proven optimum; empty if nothing is fast enough. */
  Optional<Architecture> solved(double throughput) {
    Solution solution =
        new IncrementalSolver(table, costs.rows(throughput)).solve(SolveBudget.unlimited());
    return solution.found() ? Optional.of(architecture(solution.choices())) : Optional.empty();
  }

  /** Greedy, random, maximum parameters, no-op only, uniform, by name. */
  Map<String, Baselines.Baseline> baselines(double throughput, long seed) {
    return Baselines.all(
        table,
        costs.rows(throughput),
        "parameters",
        Variant.noOpNames(),
        seed,
        SolveBudget.of(Duration.ofMinutes(1)));
  }

  Architecture architecture(List<Integer> choices) {
    List<Block> blocks = new ArrayList<>();
    for (int layer = 0; layer < choices.size(); layer++) {
      blocks.add(Block.parse(table.item(layer, choices.get(layer))));
    }
    return new Architecture(blocks);
  }
}
