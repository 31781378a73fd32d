package puzzle.actors.cli.cluster;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import puzzle.actors.cli.console.Output;
import puzzle.actors.node.ClusterLink;

/** Shows how a run of a cluster goes. */
@Command(
    name = "watch",
    description =
        "Shows the progress of a run of a cluster until it ends; its exit code is the run's.",
    mixinStandardHelpOptions = true)
public final class WatchCommand implements Callable<Integer> {

  @Parameters(paramLabel = "RUN", description = "Name of the run.")
  String run;

  @Mixin ConnectOptions connect;

  @Mixin Output output;

  @Override
  public Integer call() throws Exception {
    try (ClusterLink link = connect.open()) {
      return RunFollower.until(link, StatusCommand.id(run), output);
    }
  }
}
