package puzzle.actors.run;

import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import puzzle.model.Failure;
import puzzle.model.Outcome;
import puzzle.model.Phase;
import puzzle.model.RunId;
import puzzle.persistence.RunState;
import puzzle.protocol.Feed;

/**
 * Writes a run's folder at its end, one report at a time, on a thread that may block. A report that
 * was begun before an order changed what the run is about does not end it.
 */
final class Reporting {

  /**
   * A report that is through.
   *
   * @param outcome the run's, or that the folder could not be written
   * @param retried the disk took no more: there may be room later
   * @param order which of the orders so far it came after
   */
  record Written(Outcome outcome, boolean retried, int order) {

    /** What onlookers hear of a folder that could not be written. */
    Feed.AttemptFailed fact(RunId run) {
      Failure full =
          new Failure(Failure.Kind.NO_STORAGE, outcome.detail() + "\nMaybe the disk is full.");
      return new Feed.AttemptFailed(run, Phase.REPORT.label(), 1, full, true);
    }
  }

  private final Executor files;
  private boolean writing;
  private int order;

  Reporting(Executor files) {
    this.files = files;
  }

  /** What was begun does not count. */
  void startOver() {
    order++;
    writing = false;
  }

  /**
   * Begins to write; nothing where that is being done.
   *
   * @param last the run's state, its outcome included
   */
  Optional<CompletionStage<Written>> write(RunState last) {
    if (writing) {
      return Optional.empty();
    }
    writing = true;
    int begun = order;
    return Optional.of(
        CompletableFuture.runAsync(() -> RunFolder.write(last), files)
            .handle(
                (done, failure) ->
                    failure == null
                        ? new Written(last.outcome(), false, begun)
                        : unwritten(failure, begun)));
  }

  /** Whether a report ends the run. */
  boolean counts(Written report) {
    if (report.order() != order) {
      return false;
    }
    writing = false;
    return true;
  }

  private static Written unwritten(Throwable failure, int begun) {
    Throwable cause = failure instanceof CompletionException e ? e.getCause() : failure;
    return new Written(
        new Outcome(Outcome.Kind.FAILED, "the report could not be written: " + cause),
        cause instanceof UncheckedIOException,
        begun);
  }
}
