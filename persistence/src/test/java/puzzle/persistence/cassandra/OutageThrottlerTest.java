package puzzle.persistence.cassandra;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.datastax.oss.driver.api.core.NoNodeAvailableException;
import com.datastax.oss.driver.api.core.RequestThrottlingException;
import com.datastax.oss.driver.api.core.session.throttling.Throttled;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class OutageThrottlerTest {

  /** Says what became of it. */
  private static final class Request implements Throttled {
    private String said = "nothing";

    @Override
    public void onThrottleReady(boolean wasDelayed) {
      said = wasDelayed ? "ready after a pause" : "ready at once";
    }

    @Override
    public void onThrottleFailure(RequestThrottlingException error) {
      said = "failed";
    }
  }

  /** Runs nothing until time is said to have passed. */
  private static final class StoppedClock extends ScheduledThreadPoolExecutor {
    private final List<Runnable> waiting = new ArrayList<>();

    StoppedClock() {
      super(1);
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable work, long delay, TimeUnit unit) {
      assertEquals(OutageThrottler.PAUSE_MILLIS, unit.toMillis(delay));
      waiting.add(work);
      return null;
    }

    void passes() {
      waiting.forEach(Runnable::run);
      waiting.clear();
    }
  }

  private final StoppedClock time = new StoppedClock();

  @Test
  void requestsAreHeldBackWhileNoNodeAnswersAndNotAfterwards() {
    try (OutageThrottler throttler = new OutageThrottler(time)) {
      assertEquals("ready at once", asked(throttler).said);
      throttler.signalError(new Request(), new NoNodeAvailableException());
      Request held = asked(throttler);
      assertEquals("nothing", held.said);
      time.passes();
      assertEquals("ready after a pause", held.said);
      throttler.signalSuccess(new Request());
      assertEquals("ready at once", asked(throttler).said);
      throttler.signalError(new Request(), new IllegalStateException("another error"));
      assertEquals("ready at once", asked(throttler).said);
    }
  }

  @Test
  void heldRequestsFailWhenTheSessionCloses() {
    OutageThrottler throttler = new OutageThrottler(time);
    throttler.signalError(new Request(), new NoNodeAvailableException());
    Request held = asked(throttler);
    throttler.close();
    assertEquals("failed", held.said);
    assertTrue(time.isShutdown());
  }

  private static Request asked(OutageThrottler throttler) {
    Request request = new Request();
    throttler.register(request);
    return request;
  }
}
