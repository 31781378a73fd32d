package puzzle.model;

import java.util.List;
import java.util.Objects;

/**
 * What one layer has to offer once its work is over: trained weights, scores, and what could not be
 * had.
 *
 * @param entries trained variants
 * @param pairs blocks whose halves were trained together
 * @param scores measured blocks, the parent's (score 0) included
 * @param quarantined keys of the tasks that were given up, with the reason
 * @param coupled true once the blocks of the second stage are through
 */
public record LayerLibrary(
    int layer,
    List<Entry> entries,
    List<Pair> pairs,
    List<ScoredBlock> scores,
    List<Quarantined> quarantined,
    boolean coupled) {

  /**
   * One trained variant.
   *
   * @param lossBefore normalised MSE after initialisation alone, held out
   * @param lossAfter the same after training
   * @param beginning which of several initialisations it began with, null if there is but one
   */
  public record Entry(
      Variant variant,
      CheckpointRef weights,
      double lossBefore,
      double lossAfter,
      String beginning) {}

  /**
   * One block trained as a whole.
   *
   * @param weights of both halves
   * @param lossBefore normalised MSE before coupled training, held out
   * @param lossAfter the same after it
   */
  public record Pair(Block block, CheckpointRef weights, double lossBefore, double lossAfter) {

    /** The file that holds both halves, once for each that has weights. */
    public Task.Weights halves() {
      return halves(block, weights);
    }

    /** A file of both halves, once for each that has weights. */
    public static Task.Weights halves(Block block, CheckpointRef weights) {
      return new Task.Weights(
          block.attention().isNoOp() ? null : weights, block.ffn().isNoOp() ? null : weights);
    }
  }

  /** One task that was given up. */
  public record Quarantined(String key, Failure failure) {
    public Quarantined {
      Objects.requireNonNull(key, "key");
      Objects.requireNonNull(failure, "failure");
    }
  }

  public LayerLibrary {
    entries = entries == null ? List.of() : List.copyOf(entries);
    pairs = pairs == null ? List.of() : List.copyOf(pairs);
    scores = scores == null ? List.of() : List.copyOf(scores);
    quarantined = quarantined == null ? List.of() : List.copyOf(quarantined);
  }

  /**
   * The trained weights of a block's halves; null if a half has none of its own. Of two trainings
   * of the same block the one that scored better, the coupled one where they tie.
   */
  public Task.Weights weights(Block block) {
    return pairs.stream()
        .filter(p -> p.block().equals(block))
        .filter(p -> score(block, true) <= score(block, false))
        .findFirst()
        .map(p -> p.halves())
        .orElseGet(() -> decoupled(block));
  }

  /** The weights of a block's halves, each trained by itself. */
  public Task.Weights decoupled(Block block) {
    return new Task.Weights(weights(block.attention()), weights(block.ffn()));
  }

  /** Infinite where there is none. */
  private double score(Block block, boolean coupled) {
    return scores.stream()
        .filter(s -> s.block().equals(block) && s.coupled() == coupled)
        .mapToDouble(s -> s.score().value())
        .findFirst()
        .orElse(Double.POSITIVE_INFINITY);
  }

  private CheckpointRef weights(Variant variant) {
    return entries.stream()
        .filter(e -> e.variant().equals(variant))
        .findFirst()
        .map(Entry::weights)
        .orElse(null);
  }
}
