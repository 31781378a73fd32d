package puzzle.actors.cli.console;

/** Somebody else has it, or it is another run's. Exit code 6. */
public final class RefusedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public RefusedException(String message) {
    super(message);
  }
}
