package puzzle.actors.cli.cluster;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import puzzle.actors.cli.console.ExitCode;
import puzzle.actors.cli.console.Output;
import puzzle.actors.cli.console.ProgressBoard;
import puzzle.actors.cli.console.RefusedException;
import puzzle.actors.cli.console.Screen;
import puzzle.actors.node.ClusterLink;
import puzzle.actors.node.UnreachableException;
import puzzle.model.Outcome;
import puzzle.model.RunId;
import puzzle.protocol.Feed;
import puzzle.protocol.Run;

/** Shows how a run of a cluster goes until it ends. */
final class RunFollower {

  private static final long STATUS_SECONDS = 5;

  private RunFollower() {}

  /**
   * @return the exit code that the run's outcome asks for
   */
  static int until(ClusterLink link, RunId run, Output output) throws InterruptedException {
    long started = System.nanoTime();
    Run.Status status = known(link, run);
    ProgressBoard board =
        new ProgressBoard(run, status.spec().target().goals().get(0).workload(), System::nanoTime);
    Screen screen = new Screen(board, System.err, Screen.onTerminal() && !output.json(), started);
    AtomicReference<Outcome> ended = new AtomicReference<>(status.outcome());
    link.watch(
        run,
        fact -> {
          board.on(fact);
          if (fact instanceof Feed.Ended e) {
            ended.set(e.outcome());
          }
        });
    long asked = System.nanoTime();
    while (ended.get() == null) {
      TimeUnit.MILLISECONDS.sleep(250);
      screen.refresh();
      // Facts may be lost; the run's own word is not.
      if (System.nanoTime() - asked > TimeUnit.SECONDS.toNanos(STATUS_SECONDS)) {
        asked = System.nanoTime();
        try {
          ended.compareAndSet(null, known(link, run).outcome());
        } catch (UnreachableException e) {
          screen.line("no answer; the run continues unwatched");
        }
      }
    }
    screen.end();
    System.err.println(ended.get().detail());
    return ExitCode.of(ended.get());
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
