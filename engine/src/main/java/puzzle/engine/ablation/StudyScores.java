package puzzle.engine.ablation;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.ablation.Recordings.Recorded;
import puzzle.engine.nn.Decoder;
import puzzle.engine.score.SuffixScorer;
import puzzle.model.Block;
import puzzle.model.Score;
import puzzle.model.Score.Metric;

/** Replace-one-block scores of a study, each made once and kept in its folder. */
record StudyScores(Study study) {

  /**
   * A block's score by every metric, larger is worse.
   *
   * @param loss above the parent's, nats per token
   * @param top1 share of tokens predicted, below the parent's
   */
  record BlockScore(double kl, double loss, double top1) {}

  /** Scores of a layer's blocks by name. */
  record LayerScores(Map<String, BlockScore> blocks) {}

  /** Scores of every block but the parent's, per layer. */
  List<Map<Block, BlockScore>> scores(Library library, StudyText data, long seed) {
    return scores(library, data, seed, Collections.nCopies(study.layers(), study.space().blocks()));
  }

  /** The same of some blocks. */
  List<Map<Block, BlockScore>> scores(
      Library library, StudyText data, long seed, List<? extends Collection<Block>> wanted) {
    Recorded recorded = study.recordings().get(data, seed);
    study.progress().accept("scores, seed %d, %s, %s".formatted(seed, data, library.name()));
    List<Workers.Job<LayerScores>> jobs = new ArrayList<>();
    for (int layer = 0; layer < study.layers(); layer++) {
      int l = layer;
      List<Block> blocks =
          wanted.get(layer).stream().filter(b -> !b.equals(study.space().parent())).toList();
      StringBuilder key = new StringBuilder(recorded.key()).append(" layer ").append(layer);
      for (Block block : blocks) {
        key.append(' ').append(block).append(' ').append(library.weights(layer, block));
      }
      jobs.add(
          study.job(
              "scores",
              key.toString(),
              LayerScores.class,
              parent -> scored(parent, recorded, library, l, blocks)));
    }
    List<Map<Block, BlockScore>> scores = new ArrayList<>();
    for (LayerScores layer : study.workers().all(jobs)) {
      Map<Block, BlockScore> one = new LinkedHashMap<>();
      one.put(study.space().parent(), new BlockScore(0, 0, 0));
      layer.blocks().forEach((name, score) -> one.put(Block.parse(name), score));
      scores.add(one);
    }
    return scores;
  }

  private LayerScores scored(
      Decoder parent, Recorded recorded, Library library, int layer, List<Block> blocks) {
    SuffixScorer scorer =
        new SuffixScorer(parent, recorded.open(), study.scale().scoring(study.run()), null);
    Map<String, BlockScore> scores = new LinkedHashMap<>();
    for (Block block : blocks) {
      try (Library.Halves halves = library.open(parent, layer, block, study.space().parent())) {
        scores.put(block.name(), score(scorer, layer, halves));
      }
    }
    return new LayerScores(scores);
  }

  private static BlockScore score(SuffixScorer scorer, int layer, Library.Halves halves) {
    Score score = scorer.score(layer, halves.attention(), halves.ffn(), Monitor.NONE);
    return new BlockScore(
        value(score, Metric.KL), value(score, Metric.LM_LOSS), value(score, Metric.TOP_K));
  }

  private static double value(Score score, Metric metric) {
    return score.measure(metric).orElseThrow().value();
  }
}
