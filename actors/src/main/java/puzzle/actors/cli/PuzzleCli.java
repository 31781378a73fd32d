package puzzle.actors.cli;

import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import puzzle.actors.cli.cluster.CancelCommand;
import puzzle.actors.cli.cluster.DevCommand;
import puzzle.actors.cli.cluster.ImportCommand;
import puzzle.actors.cli.cluster.NodeCommand;
import puzzle.actors.cli.cluster.PauseCommand;
import puzzle.actors.cli.cluster.ResumeCommand;
import puzzle.actors.cli.cluster.RetargetCommand;
import puzzle.actors.cli.cluster.RetryCommand;
import puzzle.actors.cli.cluster.StatusCommand;
import puzzle.actors.cli.cluster.SubmitCommand;
import puzzle.actors.cli.cluster.WatchCommand;
import puzzle.actors.cli.cluster.WorkerCommand;
import puzzle.actors.cli.console.Complaints;
import puzzle.actors.cli.console.ExitCode;
import puzzle.actors.cli.doctor.DoctorCommand;
import puzzle.actors.cli.profile.ProfileCommand;
import puzzle.actors.cli.solve.SolveCommand;
import puzzle.persistence.embedded.WatchedFiles;

/** The {@code puzzle} command. A further subcommand is one more class in the list. */
@Command(
    name = "puzzle",
    mixinStandardHelpOptions = true,
    description =
        "Makes a large language model smaller and faster to serve, within the limits you set.",
    version = "puzzle 0.1.0",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      RunCommand.class,
      NodeCommand.class,
      SubmitCommand.class,
      StatusCommand.class,
      WatchCommand.class,
      PauseCommand.class,
      ResumeCommand.class,
      RetargetCommand.class,
      RetryCommand.class,
      CancelCommand.class,
      ValidateCommand.class,
      PlanCommand.class,
      AblateCommand.class,
      DoctorCommand.class,
      SolveCommand.class,
      ProfileCommand.class,
      EvalCommand.class,
      VerifyCommand.class,
      ReportCommand.class,
      ImportCommand.class,
      ExportCommand.class,
      PretrainCommand.class,
      WorkerCommand.class,
      DevCommand.class,
      DrillCommand.class,
      SimulateCommand.class,
      GenerateCompletion.class
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      " 0:done",
      " 1:internal error",
      " 2:wrong usage",
      " 3:invalid input",
      " 4:the limits cannot be met",
      " 5:finished, but some work was given up",
      " 6:refused, or no cluster",
      " 7:verification failed",
      "130:detached, or ended by an order"
    },
    footerHeading = "%nTo begin with:%n",
    footer = {
      "  puzzle doctor                          check that this machine has what a run needs",
      "  puzzle run examples/tiny/puzzle.yaml   run a whole search in minutes, with a dashboard",
      "  puzzle validate FILE                   check your own run file",
      "  source <(puzzle generate-completion)   completion in bash and zsh"
    })
public final class PuzzleCli {

  public static void main(String[] args) {
    WatchedFiles.listen(PuzzleCli::end);
    System.exit(execute(args));
  }

  /**
   * At once, as by {@code kill -9}: without its journal a node can neither continue nor hand over.
   */
  private static void end(String why) {
    System.err.println("\n" + why);
    Runtime.getRuntime().halt(ExitCode.REFUSED);
  }

  static int execute(String... args) {
    return line().execute(args);
  }

  static CommandLine line() {
    return Complaints.on(
        new CommandLine(new PuzzleCli()).setCaseInsensitiveEnumValuesAllowed(true));
  }
}
