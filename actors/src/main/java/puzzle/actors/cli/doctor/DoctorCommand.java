package puzzle.actors.cli.doctor;

import static puzzle.actors.cli.console.Output.fields;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import puzzle.actors.cli.console.ExitCode;
import puzzle.actors.cli.console.ResultCommand;

/** Tries out everything a run needs of this machine and says what to do about what is missing. */
@Command(
    name = "doctor",
    description =
        "Checks that this machine has what a run needs, by trying it out; exit code 7 if it does not.")
public final class DoctorCommand extends ResultCommand {

  @Option(
      names = "--store",
      paramLabel = "DIR",
      description = "Folder for the stores of runs; it is tried out. Default: ${DEFAULT-VALUE}.")
  Path store = Path.of(".");

  @Override
  public Integer call() {
    List<Finding> findings = new ArrayList<>();
    for (DoctorCheck examination : DoctorCheck.all(store)) {
      Finding finding = examination.run();
      findings.add(finding);
      if (!output.json()) {
        out()
            .printf(
                "%-8s %-14s %s%n",
                finding.state().name().toLowerCase(Locale.ROOT),
                finding.subject(),
                finding.detail());
        if (finding.maybe() != null) {
          out().printf("%-8s %-14s Maybe %s%n", "", "", finding.maybe());
        }
      }
    }
    boolean well = findings.stream().noneMatch(f -> f.state() == Finding.State.FAILED);
    output.show(fields("ok", well, "findings", findings), (shown, all) -> {});
    return well ? ExitCode.DONE : ExitCode.VERIFICATION_FAILED;
  }

  /**
   * What one examination found.
   *
   * @param maybe what to do about it, or null
   */
  record Finding(String subject, State state, String detail, String maybe) {

    enum State {
      OK,
      WARNING,
      FAILED
    }

    static Finding ok(String subject, String detail) {
      return new Finding(subject, State.OK, detail, null);
    }

    static Finding warning(String subject, String detail, String maybe) {
      return new Finding(subject, State.WARNING, detail, maybe);
    }

    static Finding failed(String subject, String detail, String maybe) {
      return new Finding(subject, State.FAILED, detail, maybe);
    }
  }
}
