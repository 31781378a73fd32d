package puzzle.model;

import java.util.Objects;

/**
 * What became of a {@link Delivery}.
 *
 * @param id of the delivery
 * @param reason in words where it was not recorded, else empty
 */
public record Receipt(String id, Outcome outcome, String reason) {

  /** The ways a delivery can go. */
  public enum Outcome {
    /** It is durable, and whom it concerns was told. */
    RECORDED,
    /** This delivery was recorded before. */
    DUPLICATE,
    /** Another result for the same task was on record first and stays. */
    KEPT,
    /** It can never be recorded. */
    REFUSED,
    /** The run is not that far: deliver it again later. */
    TOO_EARLY
  }

  public Receipt {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(outcome, "outcome");
    reason = reason == null ? "" : reason;
  }
}
