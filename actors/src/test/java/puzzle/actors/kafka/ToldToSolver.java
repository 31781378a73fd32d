package puzzle.actors.kafka;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.LoggerFactory;
import puzzle.actors.work.Chronicle;

/** When the solver was told each score, by {@code layer/block}: it says so in its log. */
final class ToldToSolver extends AppenderBase<ILoggingEvent> implements AutoCloseable {

  private final Set<String> ids;
  private final Map<String, Long> at = new ConcurrentHashMap<>();
  private final Logger logger = (Logger) LoggerFactory.getLogger(Chronicle.NAME);

  /**
   * @param ids of those that are looked for
   */
  ToldToSolver(Set<String> ids) {
    this.ids = Set.copyOf(ids);
    start();
    logger.setLevel(Level.DEBUG);
    logger.setAdditive(false);
    logger.addAppender(this);
  }

  /** Milliseconds since the epoch. */
  Map<String, Long> at() {
    return at;
  }

  void await(int count) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (at.size() < count) {
      if (System.nanoTime() > end) {
        throw new AssertionError("the solver knows " + at.size() + " scores, not " + count);
      }
      LockSupport.parkNanos(10_000_000);
    }
  }

  @Override
  protected void append(ILoggingEvent event) {
    if (event.getMessage().startsWith("told ")) {
      String id = event.getArgumentArray()[1] + "/" + event.getArgumentArray()[2];
      if (ids.contains(id)) {
        at.putIfAbsent(id, event.getTimeStamp());
      }
    }
  }

  @Override
  public void close() {
    logger.detachAppender(this);
    logger.setLevel(null);
    logger.setAdditive(true);
  }
}
