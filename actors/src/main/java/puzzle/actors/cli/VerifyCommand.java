package puzzle.actors.cli;

import static puzzle.actors.cli.console.Output.fields;

import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import puzzle.actors.cli.console.ExitCode;
import puzzle.actors.cli.console.ResultCommand;
import puzzle.engine.score.TrialRun;

/** Says whether an exported child is whole and computes. */
@Command(
    name = "verify",
    description = {
      "Checks an exported child: checksums, config and tensors, provenance, a forward pass.",
      "Prints a line for each check that fails; exit code 7 if one does."
    })
final class VerifyCommand extends ResultCommand {

  @Parameters(paramLabel = "FOLDER", description = "The child's folder.")
  Path folder;

  @Override
  public Integer call() {
    List<String> findings = TrialRun.findings(folder);
    output.show(
        fields("sound", findings.isEmpty(), "findings", findings),
        (out, v) -> {
          findings.forEach(f -> err().println(folder + ": " + f));
          if (findings.isEmpty()) {
            out.println(folder + ": sound: files, tensors, provenance, a forward pass");
          }
        });
    return findings.isEmpty() ? ExitCode.DONE : ExitCode.VERIFICATION_FAILED;
  }
}
