package puzzle.model;

import java.util.Objects;

/**
 * One block of some layer with its score.
 *
 * @param coupled true if its halves were trained together
 */
public record ScoredBlock(Block block, Score score, boolean coupled) {

  public ScoredBlock {
    Objects.requireNonNull(block, "block");
    Objects.requireNonNull(score, "score");
  }

  /** A block of halves that were trained each by itself, or not at all. */
  public ScoredBlock(Block block, Score score) {
    this(block, score, false);
  }
}
