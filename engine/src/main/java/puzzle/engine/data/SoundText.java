package puzzle.engine.data;

/** Tells text from what only looks like it once it was read as UTF-8. */
public final class SoundText {

  /** Share of characters that are no UTF-8, above which a document is no text. */
  private static final double MOST_REPLACED = 0.1;

  private SoundText() {}

  /** What makes a document no text, as {@code holds a NUL}; null if it is one. */
  public static String fault(String document) {
    int replaced = 0;
    for (int i = 0; i < document.length(); i++) {
      char c = document.charAt(i);
      if (c == 0) {
        return "holds a NUL, which no text has";
      }
      replaced += c == '\ufffd' ? 1 : 0;
    }
    return replaced > MOST_REPLACED * document.length()
        ? replaced + " of its " + document.length() + " characters are no UTF-8"
        : null;
  }
}
