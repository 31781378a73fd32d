package puzzle.engine;

import puzzle.model.Failure;

/** A task ended without a result, for a reason a retry policy can judge. */
public final class TaskFailedException extends Exception {

  private static final long serialVersionUID = 1L;

  private final transient Failure failure;

  public TaskFailedException(Failure.Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.failure = new Failure(kind, message);
  }

  public Failure failure() {
    return failure;
  }
}
