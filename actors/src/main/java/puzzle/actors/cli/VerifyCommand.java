package puzzle.actors.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import puzzle.actors.cli.console.ExitCode;
import puzzle.actors.cli.console.Output;
import puzzle.engine.score.TrialRun;

/** Says whether an exported child is whole and computes. */
@Command(
    name = "verify",
    description = {
      "Checks an exported child: checksums, config and tensors, provenance, a forward pass.",
      "Prints a line for each check that fails; exit code 7 if one does."
    },
    mixinStandardHelpOptions = true)
final class VerifyCommand implements Callable<Integer> {

  @Parameters(paramLabel = "FOLDER", description = "The child's folder.")
  Path folder;

  @Mixin Output output;

  @Spec CommandSpec spec;

  @Override
  public Integer call() {
    List<String> findings = TrialRun.findings(folder);
    PrintWriter out = output.out();
    if (output.json()) {
      Map<String, Object> values = new LinkedHashMap<>();
      values.put("sound", findings.isEmpty());
      values.put("findings", findings);
      output.print(values);
    } else if (findings.isEmpty()) {
      out.println(folder + ": sound: files, tensors, provenance, a forward pass");
    } else {
      findings.forEach(f -> spec.commandLine().getErr().println(folder + ": " + f));
    }
    out.flush();
    spec.commandLine().getErr().flush();
    return findings.isEmpty() ? ExitCode.DONE : ExitCode.VERIFICATION_FAILED;
  }
}
