package puzzle.actors.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.testkit.javadsl.TestKit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import puzzle.cluster.NodeConfig;
import puzzle.protocol.Edge;

/** What a node's remoting port makes of bytes that are no message of ours. */
class RemotingTest {

  private static final AtomicBoolean EXECUTED = new AtomicBoolean();

  /** Says so when somebody reads it. */
  private static final class Trap implements Serializable {
    private static final long serialVersionUID = 1L;

    private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
      in.defaultReadObject();
      EXECUTED.set(true);
    }
  }

  private ActorSystem node;
  private ActorSystem stranger;
  private TestKit probe;
  private int port;

  @BeforeEach
  void start() {
    Config config =
        ConfigFactory.parseString("pekko.actor.provider = remote")
            .withFallback(
                NodeConfig.node(
                    new NodeConfig.Options(
                        null, List.of("gpu"), null, 0, List.of("127.0.0.1:1"), null, null, false)));
    node = ActorSystem.create(NodeConfig.SYSTEM, config);
    port = config.getInt("pekko.remote.artery.canonical.port");
    probe = new TestKit(node);
    stranger =
        ActorSystem.create(
            "stranger",
            ConfigFactory.parseString(
                    """
                    pekko.actor {
                      allow-java-serialization = on
                      serialization-bindings { "java.io.Serializable" = java }
                    }
                    """)
                .withFallback(NodeConfig.client(NodeConfig.Options.NONE, "127.0.0.1")));
  }

  @AfterEach
  void stop() {
    TestKit.shutdownActorSystem(stranger);
    TestKit.shutdownActorSystem(node);
  }

  @Test
  void aSerialisedObjectIsNotReadAndMessagesStillArrive() throws Exception {
    ActorRef target =
        stranger
            .actorSelection(
                "pekko://%s@127.0.0.1:%d%s"
                    .formatted(
                        NodeConfig.SYSTEM, port, probe.getRef().path().toStringWithoutAddress()))
            .resolveOne(Duration.ofSeconds(20))
            .toCompletableFuture()
            .get(20, TimeUnit.SECONDS);
    target.tell(new Trap(), ActorRef.noSender());
    Edge.Runs message = new Edge.Runs(List.of(), "still here");
    target.tell(message, ActorRef.noSender());
    assertEquals(message, probe.receiveOne(Duration.ofSeconds(20)));
    assertFalse(EXECUTED.get());
  }

  @Test
  void bytesThatAreNoFrameDisturbNobody() throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    new ObjectOutputStream(bytes).writeObject(new Trap());
    byte[] magic = "AKKA\u0001".getBytes(StandardCharsets.ISO_8859_1);
    byte[] huge = {0x7f, -1, -1, -1};
    for (byte[] start : List.of(new byte[0], magic, huge)) {
      try (Socket socket = new Socket("127.0.0.1", port)) {
        socket.setSoLinger(true, 1);
        socket.getOutputStream().write(start);
        socket.getOutputStream().write(huge);
        socket.getOutputStream().write(bytes.toByteArray());
        socket.getOutputStream().flush();
      }
    }
    assertFalse(EXECUTED.get());
    aSerialisedObjectIsNotReadAndMessagesStillArrive();
  }
}
