package puzzle.engine.solve;

import java.util.Objects;

/**
 * What one change of the table or the limits did to the incumbent.
 *
 * @param reason one line for people and logs
 */
public record Change(Effect effect, String reason) {

  /** From nothing to everything. */
  public enum Effect {
    /** The incumbent keeps its choices and its proof: shown from a reduced cost, without search. */
    UNCHANGED,
    /** The incumbent keeps its choices; its objective moved and the proof still holds. */
    REPRICED,
    /** The next {@link ArchitectureSolver#solve} has to look; often at one layer's item only. */
    SEARCH_NEEDED
  }

  public Change {
    Objects.requireNonNull(effect, "effect");
    Objects.requireNonNull(reason, "reason");
  }

  public boolean searchNeeded() {
    return effect == Effect.SEARCH_NEEDED;
  }
}
