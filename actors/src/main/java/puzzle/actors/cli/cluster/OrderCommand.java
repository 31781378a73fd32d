package puzzle.actors.cli.cluster;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.pekko.actor.typed.ActorRef;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import puzzle.actors.cli.console.ExitCode;
import puzzle.actors.cli.console.OutputFormat;
import puzzle.actors.cli.console.RefusedException;
import puzzle.actors.node.ClusterLink;
import puzzle.actors.run.RunFolder;
import puzzle.protocol.Run;

/** What commands that give an order to a run of a cluster share. */
abstract class OrderCommand implements Callable<Integer> {

  @Parameters(paramLabel = "RUN", description = "Name of the run.")
  String run;

  @Mixin ConnectOptions connect;

  @Spec CommandSpec spec;

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
      if (connect.output == OutputFormat.json) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("run", run);
        object.put("changed", changed);
        spec.commandLine().getOut().print(RunFolder.json(object));
      } else {
        spec.commandLine().getOut().println(run + (changed ? "" : ": nothing to do"));
      }
      spec.commandLine().getOut().flush();
      return ExitCode.DONE;
    }
  }
}
