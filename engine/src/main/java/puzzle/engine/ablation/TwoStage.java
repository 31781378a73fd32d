package puzzle.engine.ablation;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import puzzle.engine.ablation.StudyScores.BlockScore;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.Variant;

/**
 * Decoupled training over the whole space, then coupled over what its solutions use (section 3):
 * solutions over the frontier name the variants of each layer that are worth a pair; every pair of
 * them with both halves replaced is trained together from where its halves stand, scored, and
 * solved for again.
 */
final class TwoStage {

  private final Study study;
  private final StudyCosts costs;
  private final Library library;
  private final List<Map<Block, BlockScore>> decoupled;
  private final List<Map<Block, BlockScore>> coupled;

  /**
   * @param steps of the second stage
   */
  TwoStage(Study study, StudyCosts costs, Library decoupledLibrary, int steps, long seed) {
    this.study = study;
    StudyScores scores = new StudyScores(study);
    this.costs = costs;
    List<Map<Block, BlockScore>> all = scores.scores(decoupledLibrary, StudyText.BROAD, seed);
    List<Set<Block>> reduced = reduced(all);
    this.decoupled = kept(all, reduced);
    this.library = new StudyLibraries(study).coupled(decoupledLibrary, reduced, steps, seed);
    this.coupled = kept(scores.scores(library, StudyText.BROAD, seed, reduced), reduced);
  }

  /** The coupled library. */
  Library library() {
    return library;
  }

  /** Choices from the reduced space as the decoupled library scores it. */
  Choices reduced() {
    return new Choices(study.space(), costs, decoupled, BlockScore::kl);
  }

  /** Choices from the reduced space as the coupled library scores it. */
  Choices coupled() {
    return new Choices(study.space(), costs, coupled, BlockScore::kl);
  }

  /** Pairs of the variants that solutions over the frontier use, per layer. */
  private List<Set<Block>> reduced(List<Map<Block, BlockScore>> all) {
    List<Set<Variant>> attention = new ArrayList<>();
    List<Set<Variant>> ffn = new ArrayList<>();
    Choices choices = new Choices(study.space(), costs, all, BlockScore::kl);
    for (int layer = 0; layer < all.size(); layer++) {
      attention.add(new TreeSet<>());
      ffn.add(new TreeSet<>());
    }
    for (double limit : study.scale().frontier()) {
      choices.solved(limit).ifPresent(a -> use(a, attention, ffn));
    }
    List<Set<Block>> pairs = new ArrayList<>();
    for (int layer = 0; layer < all.size(); layer++) {
      Set<Block> blocks = new LinkedHashSet<>();
      for (Variant a : attention.get(layer)) {
        for (Variant f : ffn.get(layer)) {
          blocks.add(new Block(a, f));
        }
      }
      pairs.add(blocks);
    }
    return pairs;
  }

  private static void use(
      Architecture architecture, List<Set<Variant>> attention, List<Set<Variant>> ffn) {
    for (int layer = 0; layer < architecture.layers(); layer++) {
      attention.get(layer).add(architecture.block(layer).attention());
      ffn.get(layer).add(architecture.block(layer).ffn());
    }
  }

  private static List<Map<Block, BlockScore>> kept(
      List<Map<Block, BlockScore>> all, List<Set<Block>> wanted) {
    List<Map<Block, BlockScore>> kept = new ArrayList<>();
    for (int layer = 0; layer < all.size(); layer++) {
      Map<Block, BlockScore> one = new HashMap<>(all.get(layer));
      one.keySet().retainAll(wanted.get(layer));
      kept.add(one);
    }
    return kept;
  }
}
