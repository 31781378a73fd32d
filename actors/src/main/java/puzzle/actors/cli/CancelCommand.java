package puzzle.actors.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import puzzle.actors.node.ClusterLink;
import puzzle.protocol.Run;

/** Ends a run of a cluster for good. */
@Command(
    name = "cancel",
    description = "Ends a run of a cluster for good; what it left in its store stays.",
    mixinStandardHelpOptions = true)
final class CancelCommand implements Callable<Integer> {

  @Parameters(paramLabel = "RUN", description = "Name of the run.")
  String run;

  @Option(names = "--reason", description = "Kept with the run.", defaultValue = "cancelled")
  String reason;

  @Mixin ConnectOptions connect;

  @Override
  public Integer call() {
    try (ClusterLink link = connect.open()) {
      Run.Answer answer =
          link.ask(StatusCommand.id(run), replyTo -> new Run.Cancel(reason, replyTo));
      if (answer instanceof Run.Refused refused) {
        throw new RefusedException(refused.reason());
      }
      return ExitCode.DONE;
    }
  }
}
