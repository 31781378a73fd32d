package puzzle.actors.node;

/** The journal has something that this version does not know; nothing was changed in it. */
public final class UnreadableJournalException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public UnreadableJournalException(String message) {
    super(message);
  }
}
