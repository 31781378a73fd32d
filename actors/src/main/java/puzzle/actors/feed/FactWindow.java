package puzzle.actors.feed;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.util.ByteString;

/**
 * The latest facts of one run, written once and read by any number of readers, each at its own
 * pace. A reader is an index and nothing else, so one that never reads costs nothing here; one that
 * falls out of the window is dropped and may come back through the journal.
 *
 * <p>Beside the facts there is the latest of what is not on record (progress, members): of that,
 * readers see the newest and miss what came between.
 *
 * <p>One thread writes, any may read.
 */
public final class FactWindow {

  /** The reader is too far behind. */
  public static final class LaggedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    LaggedException() {
      super("the reader fell out of the window", null, false, false);
    }
  }

  private record Entry(Position position, ByteString frame) {}

  private static final int BATCH = 64;

  private final Entry[] ring;
  private long first;
  private long end;
  private CompletableFuture<Void> grown = new CompletableFuture<>();
  private ByteString live = ByteString.emptyByteString();
  private long liveVersion;
  private CompletableFuture<Void> renewed = new CompletableFuture<>();
  private volatile long touched = System.nanoTime();

  /**
   * @param capacity facts that are kept
   */
  public FactWindow(int capacity) {
    this.ring = new Entry[capacity];
  }

  /** Adds the next fact of the run; who waits for it is woken by {@link #wake}. */
  synchronized void append(Position position, ByteString frame) {
    ring[(int) (end++ % ring.length)] = new Entry(position, frame);
    first = Math.max(first, end - ring.length);
  }

  /** Hands what was added to those that wait: to all of them at once, as waking them costs most. */
  void wake() {
    CompletableFuture<Void> waiting;
    synchronized (this) {
      waiting = grown;
      grown = new CompletableFuture<>();
    }
    waiting.complete(null);
  }

  /** Replaces what is not on record. */
  void live(ByteString frame) {
    CompletableFuture<Void> waiting;
    synchronized (this) {
      live = frame;
      liveVersion++;
      waiting = renewed;
      renewed = new CompletableFuture<>();
    }
    waiting.complete(null);
  }

  /** Index of the first fact after the position; empty if that has left the window. */
  public synchronized Optional<Long> indexAfter(Position position) {
    if (first > 0 && (first == end || at(first).position.compareTo(position) > 0)) {
      return Optional.empty();
    }
    long low = first;
    long high = end;
    while (low < high) {
      long middle = (low + high) >>> 1;
      if (at(middle).position.compareTo(position) > 0) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return Optional.of(low);
  }

  /** Where the window begins: an index and the fact's position. */
  public synchronized Pair<Long, Position> begin() {
    return Pair.create(first, at(first).position);
  }

  /**
   * The facts from an index on, at least one, as soon as there is one; for {@code unfoldAsync}.
   *
   * @return fails with {@link LaggedException} where the index has left the window
   */
  public CompletionStage<Optional<Pair<Long, List<ByteString>>>> from(long index) {
    CompletableFuture<Void> wait;
    synchronized (this) {
      if (index < first) {
        return CompletableFuture.failedStage(new LaggedException());
      }
      if (index < end) {
        List<ByteString> frames = new ArrayList<>();
        long next = index;
        while (next < end && frames.size() < BATCH) {
          frames.add(at(next++).frame);
        }
        return CompletableFuture.completedStage(Optional.of(Pair.create(next, frames)));
      }
      wait = grown;
    }
    return wait.thenCompose(done -> from(index));
  }

  /** The newest of what is not on record, once it is newer than the version. */
  public CompletionStage<Optional<Pair<Long, ByteString>>> liveAfter(long version) {
    touched = System.nanoTime();
    CompletableFuture<Void> wait;
    synchronized (this) {
      if (liveVersion > version) {
        return CompletableFuture.completedStage(Optional.of(Pair.create(liveVersion, live)));
      }
      wait = renewed;
    }
    return wait.thenCompose(done -> liveAfter(version));
  }

  /** True if no reader has asked for so long; each asks at least at every heartbeat. */
  boolean untouchedFor(Duration time) {
    return System.nanoTime() - touched > time.toNanos();
  }

  private Entry at(long index) {
    return ring[(int) (index % ring.length)];
  }
}
