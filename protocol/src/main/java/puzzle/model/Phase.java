package puzzle.model;

import java.util.Locale;

/** The phases of a run, in order. */
public enum Phase {
  RECORD,
  PROFILE,
  LIBRARY,
  SCORE,
  /** The second stage of BLD: pairs that solutions use are trained together. */
  COUPLE,
  EVALUATE,
  GKD,
  EXPORT,
  REPORT,
  ENDED;

  /** In lower case, as shown to people. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
