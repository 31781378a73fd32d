package puzzle.actors.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.ServiceLoader;
import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import puzzle.actors.node.UnreachableException;
import puzzle.actors.node.UnreadableJournalException;
import puzzle.engine.EngineFactory;
import puzzle.model.InvalidInputException;
import puzzle.persistence.embedded.WatchedFiles;

/** The {@code puzzle} command. A further subcommand is one more class in the list. */
@Command(
    name = "puzzle",
    description =
        "Finds a smaller, faster child of a large language model for a deployment target.",
    mixinStandardHelpOptions = true,
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
      " 5:finished, with work that was given up",
      " 6:refused, or no cluster",
      " 7:verification failed",
      "130:detached, or ended by an order"
    },
    footerHeading = "%nTo begin with:%n",
    footer = {
      "  puzzle doctor                          whether this machine has what a run needs",
      "  puzzle run examples/tiny/puzzle.yaml   a whole search in minutes, with a dashboard",
      "  puzzle validate FILE                   what is wrong with a run file of yours, and where",
      "  source <(puzzle generate-completion)   completion in bash and zsh"
    })
public final class PuzzleCli implements Runnable {

  @CommandLine.Spec CommandLine.Model.CommandSpec spec;

  public static void main(String[] args) {
    WatchedFiles.listen(PuzzleCli::end);
    System.exit(execute(args));
  }

  /** At once, as by {@code kill -9}: without its journal a node can neither go on nor hand over. */
  private static void end(String why) {
    System.err.println("\n" + why);
    Runtime.getRuntime().halt(ExitCode.REFUSED);
  }

  static int execute(String... args) {
    return line().execute(args);
  }

  static CommandLine line() {
    CommandLine line = new CommandLine(new PuzzleCli());
    line.setExecutionExceptionHandler(PuzzleCli::complain);
    line.setParameterExceptionHandler(PuzzleCli::misused);
    return line;
  }

  /** What is wrong and where help is; the whole help only for who has said nothing yet. */
  private static int misused(CommandLine.ParameterException e, String[] args) {
    CommandLine line = e.getCommandLine();
    PrintWriter err = line.getErr();
    if (args.length == 0) {
      line.usage(err);
      return ExitCode.USAGE;
    }
    err.println(e.getMessage());
    List<String> meant =
        e instanceof CommandLine.UnmatchedArgumentException u ? u.getSuggestions() : List.of();
    String help = line.getCommandSpec().qualifiedName() + " --help";
    err.println(
        meant.isEmpty()
            ? "Maybe see " + help + "."
            : "Maybe one of %s; see %s.".formatted(meant, help));
    err.flush();
    return ExitCode.USAGE;
  }

  @Override
  public void run() {
    throw new CommandLine.ParameterException(spec.commandLine(), "which command?");
  }

  /** The engine on the class path; loads no tensors yet. */
  static EngineFactory engines() {
    return ServiceLoader.load(EngineFactory.class)
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "there is no engine on the class path.\nMaybe build again."));
  }

  /** One message on standard error, no stack trace; that goes to the log. */
  private static int complain(Exception e, CommandLine line, CommandLine.ParseResult parsed) {
    PrintWriter err = line.getErr();
    err.println(e.getMessage() == null ? e.toString() : e.getMessage());
    err.flush();
    if (e instanceof InvalidInputException) {
      return ExitCode.INVALID_INPUT;
    }
    if (e instanceof RefusedException
        || e instanceof UnreachableException
        || e instanceof UnreadableJournalException) {
      return ExitCode.REFUSED;
    }
    org.slf4j.LoggerFactory.getLogger(PuzzleCli.class).warn("command failed", e);
    return ExitCode.INTERNAL;
  }
}
