package puzzle.actors.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import puzzle.actors.cli.console.Engines;
import puzzle.actors.cli.console.ExitCode;
import puzzle.actors.cli.console.ResultCommand;
import puzzle.actors.runfile.RunFile;
import puzzle.engine.data.TextReport;
import puzzle.engine.machine.HostMemory;
import puzzle.engine.plan.Needs;
import puzzle.model.Phase;

/** Checks a run file and shows it with every default filled in; starts nothing. */
@Command(
    name = "validate",
    description = {
      "Checks a run file and shows it with every default filled in.",
      "Parent, tokenizer and prompts are looked at, and whether this machine has the memory and disk."
    })
final class ValidateCommand extends ResultCommand {

  @Parameters(paramLabel = "FILE", arity = "0..1", description = "The run file (YAML).")
  Path file;

  @Option(
      names = "--schema",
      description = "Print the JSON Schema of run files, for editors, and do nothing else.")
  boolean schema;

  @Option(
      names = "--devices",
      paramLabel = "N",
      description = "Devices of a process, as for puzzle run. Default: ${DEFAULT-VALUE}.")
  int devices = 2;

  @Option(
      names = "--elsewhere",
      description = "The run is for other machines: what this one has is not looked at.")
  boolean elsewhere;

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
    within("--devices", devices, 1, 1024);
    Engines.Checked checked = elsewhere ? Engines.checked(file) : Engines.fitting(file, devices);
    RunFile run = checked.run();
    Needs needs =
        new Needs(run.spec(), Engines.model(run), HostMemory.here(), Engines.computesIn(run));
    Phase largest = needs.largest(devices);
    TextReport text = checked.text();
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("run", run.spec().id().value());
    object.put("layers", run.layers());
    object.put("blocks_per_layer", run.spec().space().blocks().size());
    object.put("hash", run.hash());
    object.put("resolved", run.resolved());
    object.put("memory_bytes", Math.round(needs.memoryBytes(largest, devices)));
    object.put("disk_bytes", Math.round(needs.diskBytes()));
    object.put("text", text.lines());
    output.show(
        object,
        (out, o) -> {
          out.print(run.resolved());
          text.lines().forEach(line -> out.println("# " + line));
          out.printf(
              Locale.ROOT,
              "# needs %.1f GB of memory on %d device(s), for %s; %.1f GB of disk%n",
              needs.memoryBytes(largest, devices) / 1e9,
              devices,
              largest.label(),
              needs.diskBytes() / 1e9);
        });
    return ExitCode.DONE;
  }
}
