package puzzle.actors.cli.console;

/** How a command writes its result. */
public enum OutputFormat {
  text,
  json
}
