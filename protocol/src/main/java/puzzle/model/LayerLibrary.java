package puzzle.model;

import java.util.List;
import java.util.Objects;

/**
 * What one layer has to offer once its work is over: trained weights, scores, and what could not be
 * had.
 *
 * @param entries trained variants
 * @param scores measured blocks, the parent's (score 0) included
 * @param quarantined keys of the tasks that were given up, with the reason
 */
public record LayerLibrary(
    int layer, List<Entry> entries, List<ScoredBlock> scores, List<Quarantined> quarantined) {

  /**
   * One trained variant.
   *
   * @param lossBefore normalised MSE after initialisation alone, held out
   * @param lossAfter the same after training
   */
  public record Entry(
      Variant variant, CheckpointRef weights, double lossBefore, double lossAfter) {}

  /** One task that was given up. */
  public record Quarantined(String key, Failure failure) {
    public Quarantined {
      Objects.requireNonNull(key, "key");
      Objects.requireNonNull(failure, "failure");
    }
  }

  public LayerLibrary {
    entries = entries == null ? List.of() : List.copyOf(entries);
    scores = scores == null ? List.of() : List.copyOf(scores);
    quarantined = quarantined == null ? List.of() : List.copyOf(quarantined);
  }

  /** The trained weights of a block's halves; null where a half has none of its own. */
  public Task.Weights weights(Block block) {
    return new Task.Weights(weights(block.attention()), weights(block.ffn()));
  }

  private CheckpointRef weights(Variant variant) {
    return entries.stream()
        .filter(e -> e.variant().equals(variant))
        .findFirst()
        .map(Entry::weights)
        .orElse(null);
  }
}
