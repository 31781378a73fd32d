package puzzle.engine.jinja;

/** What a name or a field that does not exist is: empty where it is printed, false, no list. */
record Undefined(String name) {
  @Override
  public String toString() {
    return "";
  }
}
