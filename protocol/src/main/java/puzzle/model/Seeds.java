package puzzle.model;

/** Seeds of the many things that one seed decides. */
public final class Seeds {

  private Seeds() {}

  /**
   * The seed of one thing. It depends on the text alone, not on what is drawn before; another text
   * gives other numbers, so a text that is in use must never change.
   */
  public static long of(long seed, String what) {
    return seed * 0x9E3779B97F4A7C15L + what.hashCode();
  }
}
