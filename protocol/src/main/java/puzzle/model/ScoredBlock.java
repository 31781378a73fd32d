package puzzle.model;

import java.util.Objects;

/** One block of some layer with its score. */
public record ScoredBlock(Block block, Score score) {

  public ScoredBlock {
    Objects.requireNonNull(block, "block");
    Objects.requireNonNull(score, "score");
  }
}
