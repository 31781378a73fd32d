package puzzle.actors.solver;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import puzzle.engine.solve.Row;
import puzzle.engine.solve.SolverTable;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.BlockCost;
import puzzle.model.RunSpec;
import puzzle.model.Score;
import puzzle.model.ScoredBlock;
import puzzle.model.TaskResult;

/**
 * All scores of one run: measured ones, and where a block is not measured but both its halves are,
 * the sum of theirs as a prediction (section 4.2). A measurement replaces a prediction and nothing
 * replaces a measurement, so the table does not depend on the order of arrival.
 */
final class ScoreTable {

  /**
   * One cell that changed.
   *
   * @param cause in words
   */
  record Put(int layer, int item, double score, String cause) {}

  private final RunSpec spec;
  private final List<TaskResult.Profiled> profiles;
  private final TargetRows target;
  private final List<Block> blocks;
  private final Map<Block, Integer> index = new HashMap<>();

  /** [layer][item]; NaN where there is none. */
  private final double[][] measured;

  private final double[][] score;

  ScoreTable(RunSpec spec, int layers, List<TaskResult.Profiled> profiles) {
    this.spec = spec;
    this.profiles = List.copyOf(profiles);
    this.target = new TargetRows(spec, layers, profiles);
    this.blocks = spec.space().blocks();
    for (int i = 0; i < blocks.size(); i++) {
      index.put(blocks.get(i), i);
    }
    this.measured = new double[layers][blocks.size()];
    this.score = new double[layers][blocks.size()];
    for (int layer = 0; layer < layers; layer++) {
      Arrays.fill(measured[layer], Double.NaN);
      Arrays.fill(score[layer], Double.NaN);
      // Block 0 is the parent's own.
      measured[layer][0] = 0;
      score[layer][0] = 0;
    }
  }

  TargetRows target() {
    return target;
  }

  /** All blocks of the space; 0 is the parent's. */
  List<Block> blocks() {
    return blocks;
  }

  int layers() {
    return score.length;
  }

  /** Enters a measured score; answers with the cells that changed, predictions included. */
  List<Put> measure(int layer, ScoredBlock scored) {
    Integer item = index.get(scored.block());
    if (item == null
        || layer < 0
        || layer >= layers()
        || scored.score().kind() != Score.Kind.MEASURED
        || !Double.isNaN(measured[layer][item])) {
      return List.of();
    }
    double value = scored.score().value();
    String before =
        Double.isNaN(score[layer][item]) ? "" : " (predicted %.4g)".formatted(score[layer][item]);
    measured[layer][item] = value;
    score[layer][item] = value;
    String cause =
        "layer %d %s measured %.4g%s".formatted(layer, scored.block().name(), value, before);
    List<Put> puts = new ArrayList<>();
    puts.add(new Put(layer, item, value, cause));
    predict(layer, scored.block(), cause, puts);
    return puts;
  }

  /** Scores that were measured in one layer, the parent's own included. */
  int measured(int layer) {
    return (int) Arrays.stream(measured[layer]).filter(s -> !Double.isNaN(s)).count();
  }

  int measured() {
    int sum = 0;
    for (int layer = 0; layer < layers(); layer++) {
      sum += measured(layer);
    }
    return sum;
  }

  int predicted() {
    int known = 0;
    for (double[] row : score) {
      known += (int) Arrays.stream(row).filter(s -> !Double.isNaN(s)).count();
    }
    return known - measured();
  }

  /** The table as it stands. */
  SolverTable table() {
    return table(score);
  }

  /** The same blocks with every score 0: what could be chosen if all scores were in. */
  SolverTable costsAlone() {
    return table(new double[layers()][blocks.size()]);
  }

  List<Row> rows() {
    return target.rows();
  }

  Architecture architecture(List<Integer> choices) {
    return new Architecture(choices.stream().map(blocks::get).toList());
  }

  /** Cost of a whole model for the target's first workload. */
  BlockCost cost(Architecture architecture) {
    return profiles.get(0).cost(architecture);
  }

  BlockCost parentCost() {
    return cost(Architecture.uniform(spec.space().parent(), layers()));
  }

  private SolverTable table(double[][] scores) {
    List<String> names = blocks.stream().map(Block::name).toList();
    double[][] costs = blocks.stream().map(target::costs).toArray(double[][]::new);
    SolverTable.Builder builder = SolverTable.builder(target.stats());
    for (int layer = 0; layer < layers(); layer++) {
      builder.layer(names, scores[layer], costs);
    }
    return builder.build();
  }

  private void predict(int layer, Block scored, String cause, List<Put> puts) {
    Block parent = spec.space().parent();
    boolean attentionOnly = scored.ffn().equals(parent.ffn());
    boolean ffnOnly = scored.attention().equals(parent.attention());
    if (!attentionOnly && !ffnOnly) {
      return;
    }
    for (int i = 0; i < blocks.size(); i++) {
      Block block = blocks.get(i);
      boolean touches =
          attentionOnly && block.attention().equals(scored.attention())
              || ffnOnly && block.ffn().equals(scored.ffn());
      if (!touches || !Double.isNaN(measured[layer][i])) {
        continue;
      }
      double attention = measured[layer][index.get(new Block(block.attention(), parent.ffn()))];
      double ffn = measured[layer][index.get(new Block(parent.attention(), block.ffn()))];
      double sum = attention + ffn;
      if (!Double.isNaN(sum)) {
        score[layer][i] = sum;
        puts.add(new Put(layer, i, sum, cause));
      }
    }
  }
}
