package puzzle.actors.cli.cluster;

import static puzzle.actors.cli.console.Output.fields;

import org.apache.pekko.actor.typed.ActorRef;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import puzzle.actors.cli.console.ExitCode;
import puzzle.actors.cli.console.RefusedException;
import puzzle.actors.cli.console.ResultCommand;
import puzzle.actors.node.ClusterLink;
import puzzle.protocol.Run;

/** What commands that give an order to a run of a cluster share. */
abstract class OrderCommand extends ResultCommand {

  @Parameters(paramLabel = "RUN", description = "Name of the run.")
  String run;

  @Mixin ConnectOptions connect;

  /**
   * @param status of the run that the order is for
   */
  abstract Run.Order order(Run.Status status, ActorRef<Run.Answer> replyTo);

  @Override
  public Integer call() {
    try (ClusterLink link = connect.open()) {
      Run.Status status = RunFollower.known(link, StatusCommand.id(run));
      Run.Answer answer = link.ask(StatusCommand.id(run), r -> order(status, r));
      if (answer instanceof Run.Refused refused) {
        throw new RefusedException(refused.reason());
      }
      boolean changed = answer instanceof Run.Accepted a && !a.resumed();
      output.show(
          fields("run", run, "changed", changed),
          (out, result) -> out.println(run + (changed ? "" : ": nothing to do")));
      return ExitCode.DONE;
    }
  }
}
