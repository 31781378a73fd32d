package puzzle.model;

/**
 * Something given from outside is not usable: a file, a limit, a table. The message names the place
 * and the value; a second line starting with "Maybe" says what to do. Exit code 3.
 */
public class InvalidInputException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public InvalidInputException(String message) {
    super(message);
  }

  public InvalidInputException(String message, Throwable cause) {
    super(message, cause);
  }
}
