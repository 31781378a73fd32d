package puzzle.actors.node;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Whether the first seed may look for a cluster, and begin one where it finds none: once most of
 * the seeds can be reached, itself among them. Alone it cannot tell a cluster that is not there
 * from one it is cut off from, and would begin a second one, with the same runs.
 */
final class SeedQuorum {

  private static final int CONNECT_MILLIS = 1000;
  private static final long PAUSE_MILLIS = 250;

  private final List<String> others;
  private final int needed;

  /**
   * @param seeds {@code host:port}, all of them
   * @param self which of them this node is
   */
  SeedQuorum(List<String> seeds, String self) {
    this.others = seeds.stream().filter(s -> !s.equals(self)).distinct().toList();
    this.needed = (others.size() + 1) / 2;
  }

  /** Waits for it; false if the patience ended first. */
  boolean await(Duration patience) {
    long end = System.nanoTime() + patience.toNanos();
    try {
      while (others.stream().filter(SeedQuorum::listens).limit(needed).count() < needed) {
        if (System.nanoTime() > end) {
          return false;
        }
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
      }
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static boolean listens(String seed) {
    int colon = seed.lastIndexOf(':');
    String host = seed.substring(0, colon);
    int port = Integer.parseInt(seed.substring(colon + 1));
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(host, port), CONNECT_MILLIS);
      return true;
    } catch (IOException | RuntimeException e) {
      return false;
    }
  }
}
