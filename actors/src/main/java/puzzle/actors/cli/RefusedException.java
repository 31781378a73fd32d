package puzzle.actors.cli;

/** Somebody else has it, or it is another run's. Exit code 6. */
final class RefusedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  RefusedException(String message) {
    super(message);
  }
}
