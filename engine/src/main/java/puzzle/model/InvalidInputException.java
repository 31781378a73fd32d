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

  /** Text from outside as a message quotes it: short, without control characters. */
  public static String shown(String text) {
    String clean = String.valueOf(text).replaceAll("\\p{C}", "?");
    return clean.length() <= 120 ? clean : clean.substring(0, 120) + "...";
  }
}
