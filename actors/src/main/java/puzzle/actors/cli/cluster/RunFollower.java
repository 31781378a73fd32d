package puzzle.actors.cli.cluster;

import java.util.concurrent.ExecutionException;
import puzzle.actors.cli.console.ExitCode;
import puzzle.actors.cli.console.Output;
import puzzle.actors.cli.console.RefusedException;
import puzzle.actors.cli.console.Screen;
import puzzle.actors.node.ClusterLink;
import puzzle.actors.node.UnreachableException;
import puzzle.model.Outcome;
import puzzle.model.RunId;
import puzzle.protocol.Run;

/** Shows how a run of a cluster goes until it ends. */
final class RunFollower {

  private RunFollower() {}

  /**
   * @return the exit code that the run's outcome asks for
   */
  static int until(ClusterLink link, RunId run, Output output)
      throws InterruptedException, ExecutionException {
    Run.Status status = known(link, run);
    Screen screen = new Screen(status.spec(), output, System.nanoTime());
    link.watch(run, screen::on);
    Outcome outcome =
        status.outcome() != null ? status.outcome() : screen.until(() -> word(link, run, screen));
    System.err.println(outcome.detail());
    return ExitCode.of(outcome);
  }

  private static Outcome word(ClusterLink link, RunId run, Screen screen) {
    try {
      return known(link, run).outcome();
    } catch (UnreachableException e) {
      screen.line("no answer; the run continues unwatched");
      return null;
    }
  }

  static Run.Status known(ClusterLink link, RunId run) {
    Run.Status status = link.ask(run, Run.GetStatus::new);
    if (status.spec() == null) {
      throw new RefusedException(
          run + ": there is no such run.\nMaybe ./puzzle status lists it under another name.");
    }
    return status;
  }
}
