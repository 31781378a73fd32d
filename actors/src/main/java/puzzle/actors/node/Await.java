package puzzle.actors.node;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/** Where programs outside of actors wait for an answer. */
final class Await {

  private Await() {}

  /**
   * @param otherwise what is thrown for an answer that does not come, is a failure, or is waited
   *     for by a thread that is interrupted
   */
  static <T> T answer(
      CompletionStage<T> stage,
      Duration patience,
      Function<Exception, RuntimeException> otherwise) {
    try {
      return stage.toCompletableFuture().get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw otherwise.apply(e);
    } catch (ExecutionException | TimeoutException e) {
      throw otherwise.apply(e);
    }
  }
}
