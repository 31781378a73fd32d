package puzzle.persistence.cassandra;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.datastax.oss.driver.api.core.NoNodeAvailableException;
import com.datastax.oss.driver.api.core.RequestThrottlingException;
import com.datastax.oss.driver.api.core.session.throttling.Throttled;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class OutageThrottlerTest {

  /** Says whether it was held back. */
  private static final class Request implements Throttled {
    private final CompletableFuture<Boolean> held = new CompletableFuture<>();

    @Override
    public void onThrottleReady(boolean wasDelayed) {
      held.complete(wasDelayed);
    }

    @Override
    public void onThrottleFailure(RequestThrottlingException error) {
      held.completeExceptionally(error);
    }
  }

  @Test
  void requestsAreHeldBackWhileNoNodeAnswersAndNotAfterwards() throws Exception {
    try (OutageThrottler throttler = new OutageThrottler(null)) {
      assertEquals(false, asked(throttler));
      throttler.signalError(new Request(), new NoNodeAvailableException());
      long begun = System.nanoTime();
      assertEquals(true, asked(throttler));
      long millis = (System.nanoTime() - begun) / 1_000_000;
      assertTrue(millis >= OutageThrottler.PAUSE_MILLIS - 1, millis + " ms");
      throttler.signalSuccess(new Request());
      assertEquals(false, asked(throttler));
      throttler.signalError(new Request(), new IllegalStateException("another error"));
      assertEquals(false, asked(throttler));
    }
  }

  private static boolean asked(OutageThrottler throttler) throws Exception {
    Request request = new Request();
    throttler.register(request);
    return request.held.get(20, TimeUnit.SECONDS);
  }
}
