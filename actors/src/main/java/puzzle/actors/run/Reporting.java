package puzzle.actors.run;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import puzzle.model.Outcome;
import puzzle.persistence.RunState;

/**
 * Writes a run's folder at its end, one report at a time, on a thread that may block. A report that
 * was begun before an order changed what the run is about does not end it.
 */
final class Reporting {

  /**
   * A report that is through.
   *
   * @param outcome the run's, or that it could not be written
   * @param order which of the orders so far it came after
   */
  record Written(Outcome outcome, int order) {}

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
                    new Written(failure == null ? last.outcome() : unwritten(failure), begun)));
  }

  /** Whether a report ends the run. */
  boolean counts(Written report) {
    if (report.order() != order) {
      return false;
    }
    writing = false;
    return true;
  }

  private static Outcome unwritten(Throwable failure) {
    Throwable cause = failure instanceof CompletionException e ? e.getCause() : failure;
    return new Outcome(
        Outcome.Kind.FAILED,
        "the report could not be written: " + cause + "\nMaybe the disk is full.");
  }
}
