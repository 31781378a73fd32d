package puzzle.actors.cli.console;

import java.io.PrintWriter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import puzzle.actors.run.RunFolder;

/** The result of a command: text for people or one JSON value for programs, as its caller asks. */
public final class Output {

  /** Forms of a result. */
  public enum Format {
    text,
    json
  }

  @Option(
      names = "--output",
      paramLabel = "FORMAT",
      defaultValue = "text",
      description = "${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
  private Format format;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  public boolean json() {
    return format == Format.json;
  }

  /** Standard output. */
  public PrintWriter out() {
    return command.commandLine().getOut();
  }

  /** Writes a value as JSON, at once. */
  public void print(Object value) {
    out().print(RunFolder.json(value));
    out().flush();
  }
}
