package puzzle.actors.edge;

/**
 * Why something that came in from outside is not done: the place, the value and what may help, with
 * the HTTP status that says it best. Over HTTP it becomes a problem document, over Kafka the reason
 * on the dead letter.
 */
public final class Refusal extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final int status;
  private final String pointer;
  private final String suggestion;

  private Refusal(int status, String detail, String pointer, String suggestion) {
    super(detail, null, false, false);
    this.status = status;
    this.pointer = pointer;
    this.suggestion = suggestion;
  }

  public static Refusal of(int status, String detail, String suggestion) {
    return new Refusal(status, detail, null, suggestion);
  }

  /**
   * A value in the request's body that cannot be used.
   *
   * @param pointer JSON pointer to it, or {@code ?name} for a query parameter
   */
  public static Refusal at(String pointer, Object value, String what, String suggestion) {
    String text = String.valueOf(value);
    return new Refusal(
        400,
        (text.length() > 80 ? text.substring(0, 80) + "..." : text) + " " + what,
        pointer,
        suggestion);
  }

  /** The same from a message whose second line says "Maybe ...". */
  public static Refusal said(int status, String pointer, String message) {
    String text = message == null ? "not usable" : message;
    int line = text.indexOf('\n');
    return new Refusal(
        status,
        line < 0 ? text : text.substring(0, line),
        pointer,
        line < 0 ? null : text.substring(line + 1).strip());
  }

  public int status() {
    return status;
  }

  /** JSON pointer to the value in the body or {@code ?name}; null if it is about neither. */
  public String pointer() {
    return pointer;
  }

  /** A sentence that begins with "Maybe"; null if nothing is known to help. */
  public String suggestion() {
    return suggestion;
  }

  /** Place, what is wrong and what may help, on one line. */
  String inWords() {
    return (pointer == null ? "" : pointer + ": ")
        + getMessage()
        + (suggestion == null ? "" : " " + suggestion);
  }
}
