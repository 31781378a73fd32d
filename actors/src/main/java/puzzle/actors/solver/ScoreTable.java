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
 * the sum of theirs as a prediction (section 4.2). A measurement replaces a prediction, and of two
 * trainings of the same block the better score stands, so the table does not depend on the order of
 * arrival.
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

  /** [layer][item]; NaN if there is none. */
  private final double[][] measured;

  /** The same of blocks whose halves were trained together. */
  private final double[][] coupled;

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
    this.coupled = new double[layers][blocks.size()];
    this.score = new double[layers][blocks.size()];
    for (int layer = 0; layer < layers; layer++) {
      Arrays.fill(measured[layer], Double.NaN);
      Arrays.fill(coupled[layer], Double.NaN);
      Arrays.fill(score[layer], Double.NaN);
      int own = index.get(spec.space().own(layer));
      measured[layer][own] = 0;
      score[layer][own] = 0;
    }
  }

  TargetRows target() {
    return target;
  }

  /** All blocks of the space, of which a layer may offer fewer. */
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
        || scored.score().kind() != Score.Kind.MEASURED) {
      return List.of();
    }
    double[] row = scored.coupled() ? coupled[layer] : measured[layer];
    if (!Double.isNaN(row[item])) {
      return List.of();
    }
    boolean predicted = Double.isNaN(measured[layer][item]) && Double.isNaN(coupled[layer][item]);
    double before = score[layer][item];
    row[item] = scored.score().value();
    score[layer][item] = better(measured[layer][item], coupled[layer][item]);
    String cause =
        "layer %d %s %s %.4g%s"
            .formatted(
                layer,
                scored.block().name(),
                scored.coupled() ? "trained as a whole measured" : "measured",
                row[item],
                Double.isNaN(before)
                    ? ""
                    : " (%s %.4g)".formatted(predicted ? "predicted" : "before", before));
    List<Put> puts = new ArrayList<>();
    if (score[layer][item] != before) {
      puts.add(new Put(layer, item, score[layer][item], cause));
    }
    if (!scored.coupled()) {
      predict(layer, scored.block(), cause, puts);
    }
    return puts;
  }

  private static double better(double a, double b) {
    return Double.isNaN(a) ? b : Double.isNaN(b) ? a : Math.min(a, b);
  }

  /** Scores that were measured in one layer, the parent's own included. */
  int measured(int layer) {
    return count(measured[layer]) + count(coupled[layer]);
  }

  private static int count(double[] row) {
    return (int) Arrays.stream(row).filter(s -> !Double.isNaN(s)).count();
  }

  int measured() {
    int sum = 0;
    for (int layer = 0; layer < layers(); layer++) {
      sum += measured(layer);
    }
    return sum;
  }

  int predicted() {
    int predicted = 0;
    for (int layer = 0; layer < layers(); layer++) {
      for (int i = 0; i < blocks.size(); i++) {
        if (!Double.isNaN(score[layer][i])
            && Double.isNaN(measured[layer][i])
            && Double.isNaN(coupled[layer][i])) {
          predicted++;
        }
      }
    }
    return predicted;
  }

  /** The table as it stands. */
  SolverTable table() {
    return table(score);
  }

  /** The same blocks with every score 0: what could be chosen if all scores were in. */
  SolverTable costsAlone() {
    double[][] scores = new double[layers()][blocks.size()];
    for (int layer = 0; layer < layers(); layer++) {
      for (int i = 0; i < blocks.size(); i++) {
        scores[layer][i] = spec.space().offers(layer, blocks.get(i)) ? 0 : Double.NaN;
      }
    }
    return table(scores);
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
    return cost(spec.space().parent(layers()));
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
    Block parent = spec.space().own(layer);
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
      if (!touches || !Double.isNaN(measured[layer][i]) || !Double.isNaN(coupled[layer][i])) {
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
