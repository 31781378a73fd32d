package puzzle.model;

/** Name of one search: letters, digits, '.', '_' and '-', as it is also a folder's name. */
public record RunId(String value) {

  public RunId {
    if (value == null || !value.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,63}")) {
      throw new IllegalArgumentException(
          "run id '" + value + "' is not 1 to 64 letters, digits, '.', '_' or '-'.");
    }
  }

  @Override
  public String toString() {
    return value;
  }
}
