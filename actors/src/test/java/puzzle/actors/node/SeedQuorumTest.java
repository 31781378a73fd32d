package puzzle.actors.node;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class SeedQuorumTest {

  private static final String SELF = "127.0.0.1:1";

  @Test
  void ofThreeSeedsOneOtherIsEnoughAndNoneIsNot() throws IOException {
    try (ServerSocket other = listening()) {
      String up = "127.0.0.1:" + other.getLocalPort();
      assertTrue(quorum(SELF, up, "127.0.0.1:2"));
      assertFalse(quorum(SELF, up, "127.0.0.1:2", "127.0.0.1:3", "127.0.0.1:4"));
    }
    assertFalse(quorum(SELF, "127.0.0.1:2", "127.0.0.1:3"));
  }

  @Test
  void whoeverIsTheOnlySeedWaitsForNobody() {
    assertTrue(quorum(SELF));
  }

  private static boolean quorum(String... seeds) {
    return new SeedQuorum(List.of(seeds), SELF).await(Duration.ofMillis(1));
  }

  private static ServerSocket listening() throws IOException {
    return new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
  }
}
