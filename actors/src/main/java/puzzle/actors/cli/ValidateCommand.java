package puzzle.actors.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import puzzle.actors.cli.console.Engines;
import puzzle.actors.cli.console.ExitCode;
import puzzle.actors.cli.console.ResultCommand;
import puzzle.actors.runfile.RunFile;

/** Checks a run file and shows it with every default filled in; starts nothing. */
@Command(
    name = "validate",
    description = "Checks a run file and shows it with every default filled in.")
final class ValidateCommand extends ResultCommand {

  @Parameters(paramLabel = "FILE", arity = "0..1", description = "The run file (YAML).")
  Path file;

  @Option(
      names = "--schema",
      description = "Print the JSON Schema of run files, for editors, and do nothing else.")
  boolean schema;

  @Override
  public Integer call() {
    if (schema) {
      out().print(RunFile.schema());
      out().flush();
      return ExitCode.DONE;
    }
    if (file == null) {
      throw usage("which run file?");
    }
    RunFile run = Engines.read(file);
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("run", run.spec().id().value());
    object.put("layers", run.layers());
    object.put("blocks_per_layer", run.spec().space().blocks().size());
    object.put("hash", run.hash());
    object.put("resolved", run.resolved());
    output.show(object, (out, o) -> out.print(run.resolved()));
    return ExitCode.DONE;
  }
}
