package puzzle.actors.cli.console;

import java.io.PrintWriter;
import java.util.List;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import puzzle.actors.node.UnreachableException;
import puzzle.actors.node.UnreadableJournalException;
import puzzle.model.InvalidInputException;

/** How a command that fails says so: a message on standard error and an exit code. */
public final class Complaints {

  private Complaints() {}

  /** Makes a command line complain in this way. */
  public static CommandLine on(CommandLine line) {
    return line.setExecutionExceptionHandler(Complaints::failed)
        .setParameterExceptionHandler(Complaints::misused);
  }

  /** What is wrong and where help is; the whole help only for a command with no arguments. */
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

  /** One message on standard error, no stack trace; that goes to the log. */
  private static int failed(Exception e, CommandLine line, CommandLine.ParseResult parsed) {
    line.getOut().flush();
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
    LoggerFactory.getLogger(Complaints.class).warn("command failed", e);
    return ExitCode.INTERNAL;
  }
}
