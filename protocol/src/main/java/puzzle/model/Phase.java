package puzzle.model;

/** The phases of a run, in order. */
public enum Phase {
  RECORD,
  PROFILE,
  LIBRARY,
  SCORE,
  EVALUATE,
  HEAL,
  EXPORT,
  REPORT,
  ENDED;

  /** In lower case, as shown to people. */
  public String label() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }
}
