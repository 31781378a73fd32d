package puzzle.engine.jinja;

/** A template that cannot be read, or cannot be applied to what it was given. */
public final class TemplateException extends RuntimeException {

  private static final long serialVersionUID = 1;

  public TemplateException(String message) {
    super(message);
  }

  static TemplateException at(int line, String message) {
    return new TemplateException("line " + line + ": " + message);
  }
}
