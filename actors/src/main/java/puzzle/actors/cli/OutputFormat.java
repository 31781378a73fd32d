package puzzle.actors.cli;

/** How a command writes its result. */
public enum OutputFormat {
  text,
  json
}
