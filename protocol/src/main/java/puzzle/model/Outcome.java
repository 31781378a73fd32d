package puzzle.model;

/**
 * How a run ended.
 *
 * @param detail one message; where something went wrong, what and what may help
 */
public record Outcome(Kind kind, String detail) {

  /** The ways a run can end. */
  public enum Kind {
    DONE,
    /** To the end, but without some work that failed too often. */
    QUARANTINED,
    INFEASIBLE,
    INVALID_INPUT,
    FAILED,
    CANCELLED
  }
}
