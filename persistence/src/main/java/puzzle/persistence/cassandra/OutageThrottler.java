package puzzle.persistence.cassandra;

import com.datastax.oss.driver.api.core.AllNodesFailedException;
import com.datastax.oss.driver.api.core.RequestThrottlingException;
import com.datastax.oss.driver.api.core.context.DriverContext;
import com.datastax.oss.driver.api.core.session.throttling.RequestThrottler;
import com.datastax.oss.driver.api.core.session.throttling.Throttled;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Holds each request back for a moment while no Cassandra answers. The driver refuses requests at
 * once then, and the journal plug-in's writers of tags repeat theirs at once: tens of thousands a
 * second, each with a line in the log.
 */
public final class OutageThrottler implements RequestThrottler {

  static final long PAUSE_MILLIS = 250;

  private final ScheduledExecutorService later;
  private final Set<Throttled> held = ConcurrentHashMap.newKeySet();
  private volatile boolean away;

  /** As the driver wants it. */
  public OutageThrottler(DriverContext context) {
    this(
        Executors.newSingleThreadScheduledExecutor(
            work -> {
              Thread thread = new Thread(work, "cassandra-outage");
              thread.setDaemon(true);
              return thread;
            }));
  }

  OutageThrottler(ScheduledExecutorService later) {
    this.later = later;
  }

  @Override
  public void register(Throttled request) {
    if (!away) {
      request.onThrottleReady(false);
      return;
    }
    held.add(request);
    try {
      later.schedule(() -> letGo(request), PAUSE_MILLIS, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      fail(request);
    }
  }

  @Override
  public void signalSuccess(Throttled request) {
    away = false;
  }

  @Override
  public void signalError(Throttled request, Throwable error) {
    away |= error instanceof AllNodesFailedException;
  }

  @Override
  public void signalTimeout(Throttled request) {
    // Slow is not away.
  }

  @Override
  public void close() {
    later.shutdownNow();
    held.forEach(this::fail);
  }

  private void letGo(Throttled request) {
    if (held.remove(request)) {
      request.onThrottleReady(true);
    }
  }

  private void fail(Throttled request) {
    if (held.remove(request)) {
      request.onThrottleFailure(new RequestThrottlingException("the session is closed"));
    }
  }
}
