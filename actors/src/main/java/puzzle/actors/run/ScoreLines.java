package puzzle.actors.run;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import puzzle.model.Block;
import puzzle.model.LayerLibrary;
import puzzle.model.Score;
import puzzle.model.ScoredBlock;
import puzzle.persistence.RunState;

/**
 * The table of all scores: a line for each block with every metric that was measured, and the sums
 * that stand in for blocks that were not, marked as predicted.
 */
final class ScoreLines {

  private static final String HEADER =
      "layer,attention,ffn,kl_nats_per_token,standard_error,kind,metric,score,"
          + "lm_loss_nats_per_token,lm_loss_standard_error,top_k_lost,top_k_standard_error,"
          + "benchmark_lost,benchmark_standard_error,training\n";

  private ScoreLines() {}

  static String csv(RunState state) {
    StringBuilder csv = new StringBuilder(HEADER);
    Score.Metric metric = state.spec().scoring().metric();
    state.libraries().values().stream()
        .sorted(Comparator.comparingInt(LayerLibrary::layer))
        .forEach(
            layer -> {
              List<ScoredBlock> lines = new ArrayList<>(layer.scores());
              lines.addAll(predicted(state, layer));
              lines.forEach(s -> line(csv, layer.layer(), s, metric));
            });
    return csv.toString();
  }

  /** Blocks that were not measured though both their halves were. */
  private static List<ScoredBlock> predicted(RunState state, LayerLibrary layer) {
    Block parent = state.spec().space().own(layer.layer());
    List<ScoredBlock> sums = new ArrayList<>();
    for (Block block : state.spec().space().blocks()) {
      Optional<Score> attention = score(layer, new Block(block.attention(), parent.ffn()));
      Optional<Score> ffn = score(layer, new Block(parent.attention(), block.ffn()));
      if (score(layer, block).isEmpty() && attention.isPresent() && ffn.isPresent()) {
        double sum = attention.get().value() + ffn.get().value();
        sums.add(new ScoredBlock(block, Score.predicted(sum)));
      }
    }
    return sums;
  }

  private static Optional<Score> score(LayerLibrary layer, Block block) {
    return layer.scores().stream()
        .filter(s -> s.block().equals(block))
        .map(ScoredBlock::score)
        .findFirst();
  }

  private static void line(StringBuilder csv, int layer, ScoredBlock s, Score.Metric metric) {
    Score score = s.score();
    boolean sum = score.kind() == Score.Kind.PREDICTED && metric == Score.Metric.KL;
    csv.append(
        RunFolder.row(
            layer,
            s.block().attention(),
            s.block().ffn(),
            sum ? score.value() + "," : columns(score, Score.Metric.KL),
            score.kind().name().toLowerCase(Locale.ROOT),
            metric.label(),
            score.value(),
            columns(score, Score.Metric.LM_LOSS),
            columns(score, Score.Metric.TOP_K),
            columns(score, Score.Metric.BENCHMARK),
            s.coupled() ? "coupled" : "decoupled"));
  }

  /** Value and standard error, both empty if the metric was not measured. */
  private static String columns(Score score, Score.Metric metric) {
    return score.measure(metric).map(m -> m.value() + "," + m.standardError()).orElse(",");
  }
}
