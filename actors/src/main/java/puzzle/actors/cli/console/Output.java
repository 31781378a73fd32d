package puzzle.actors.cli.console;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiConsumer;
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
      order = 1,
      paramLabel = "FORMAT",
      description = "${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
  private Format format = Format.text;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  public boolean json() {
    return format == Format.json;
  }

  /** Writes a value as JSON, or as text for people; at once. */
  public <T> void show(T value, BiConsumer<PrintWriter, T> text) {
    PrintWriter out = command.commandLine().getOut();
    if (json()) {
      out.print(RunFolder.json(value));
    } else {
      text.accept(out, value);
    }
    out.flush();
  }

  /**
   * The fields of a JSON object, in this order.
   *
   * @param namesAndValues in turn
   */
  public static Map<String, Object> fields(Object... namesAndValues) {
    Map<String, Object> fields = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      fields.put((String) namesAndValues[i], namesAndValues[i + 1]);
    }
    return fields;
  }
}
