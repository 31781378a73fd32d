package puzzle.actors.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import puzzle.actors.cli.console.Engines;
import puzzle.actors.cli.console.ExitCode;
import puzzle.actors.cli.console.Output;
import puzzle.actors.runfile.RunFile;

/** Checks a run file and shows it with every default filled in; starts nothing. */
@Command(
    name = "validate",
    description = "Checks a run file and shows it with every default filled in.",
    mixinStandardHelpOptions = true)
final class ValidateCommand implements Callable<Integer> {

  @Parameters(paramLabel = "FILE", arity = "0..1", description = "The run file (YAML).")
  Path file;

  @Option(
      names = "--schema",
      description = "Print the JSON Schema of run files, for editors, and do nothing else.")
  boolean schema;

  @Mixin Output output;

  @Spec CommandSpec spec;

  @Override
  public Integer call() {
    if (schema) {
      output.out().print(RunFile.schema());
      output.out().flush();
      return ExitCode.DONE;
    }
    if (file == null) {
      throw new CommandLine.ParameterException(spec.commandLine(), "which run file?");
    }
    RunFile run = Engines.read(file);
    if (output.json()) {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("run", run.spec().id().value());
      object.put("layers", run.layers());
      object.put("blocks_per_layer", run.spec().space().blocks().size());
      object.put("hash", run.hash());
      object.put("resolved", run.resolved());
      output.print(object);
    } else {
      output.out().print(run.resolved());
    }
    output.out().flush();
    return ExitCode.DONE;
  }
}
