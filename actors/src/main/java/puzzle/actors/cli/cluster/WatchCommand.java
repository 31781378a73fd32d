package puzzle.actors.cli.cluster;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import puzzle.actors.cli.console.ResultCommand;
import puzzle.actors.node.ClusterLink;

/** Shows how a run of a cluster goes. */
@Command(
    name = "watch",
    description =
        "Shows the progress of a run of a cluster until it ends; its exit code is the run's.")
public final class WatchCommand extends ResultCommand {

  @Parameters(paramLabel = "RUN", description = "Name of the run.")
  String run;

  @Mixin ConnectOptions connect;

  @Override
  public Integer call() throws Exception {
    try (ClusterLink link = connect.open()) {
      return RunFollower.until(link, StatusCommand.id(run), output);
    }
  }
}
