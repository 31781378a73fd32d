package puzzle.actors.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.cluster.NodeConfig;

class NodeConfigTest {

  private static final String HOST = "pekko.remote.artery.canonical.hostname";

  @TempDir Path folder;

  @Test
  void anAddressThatOthersCanReachWantsTlsOrToBeAskedFor() throws IOException {
    assertEquals("127.0.0.1", NodeConfig.node(options(null, null, false)).getString(HOST));
    String refusal = refusal(options("192.0.2.7", null, false));
    assertTrue(refusal.contains("192.0.2.7") && refusal.contains("--insecure"), refusal);
    assertEquals("192.0.2.7", NodeConfig.node(options("192.0.2.7", null, true)).getString(HOST));
    for (String file : List.of("tls.key", "tls.crt", "ca.crt")) {
      Files.writeString(folder.resolve(file), "x");
    }
    Config config = NodeConfig.node(options("192.0.2.7", folder, false));
    assertEquals("tls-tcp", config.getString("pekko.remote.artery.transport"));
    assertEquals(
        folder.resolve("tls.key").toString(),
        config.getString("pekko.remote.artery.ssl.rotating-keys-engine.key-file"));
  }

  @Test
  void certificatesThatAreNotThereAreNamed() {
    assertTrue(refusal(options("192.0.2.7", folder, false)).contains(folder.toString()));
  }

  @Test
  void aFileIsCheckedForNamesNobodyReads() throws IOException {
    Path file = folder.resolve("node.conf");
    Files.writeString(file, "puzzle.gpu.devises = 3\n");
    String refusal = refusal(gpu(file, null, null, null, false));
    assertTrue(refusal.contains("node.conf: 1") && refusal.contains("devises"), refusal);
    Files.writeString(file, "puzzle.gpu.devices = 3\n");
    assertEquals(
        3, NodeConfig.node(gpu(file, null, null, null, false)).getInt("puzzle.gpu.devices"));
  }

  @Test
  void aNodeThatCannotBeginAClusterWantsSeeds() {
    NodeConfig.Options alone =
        new NodeConfig.Options(null, List.of("gpu"), null, null, null, null, null, false);
    assertTrue(refusal(alone).contains("--seeds"));
    String bad =
        refusal(
            new NodeConfig.Options(
                null, List.of("gpu"), null, null, List.of("localhost"), null, null, false));
    assertTrue(bad.contains("'localhost'"), bad);
  }

  @Test
  void ofThreeSeedsTwoAreTheMajorityWhoeverIsAMemberAndEveryCoordinatorIsOne() {
    List<String> seeds = List.of("127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3");
    Config config = NodeConfig.node(coordinator(2, seeds));
    String resolver = "pekko.cluster.split-brain-resolver.";
    assertEquals("static-quorum", config.getString(resolver + "active-strategy"));
    assertEquals(2, config.getInt(resolver + "static-quorum.quorum-size"));
    assertEquals("coordinator", config.getString(resolver + "static-quorum.role"));
    String fourth = refusal(coordinator(4, seeds));
    assertTrue(fourth.contains("127.0.0.1:4"), fourth);
    Config one = NodeConfig.node(coordinator(1, seeds.subList(0, 1)));
    assertEquals("keep-majority", one.getString(resolver + "active-strategy"));
  }

  private static NodeConfig.Options coordinator(int port, List<String> seeds) {
    return new NodeConfig.Options(
        Path.of("../cluster-config/deploy/node.conf"),
        List.of("coordinator"),
        null,
        port,
        seeds,
        null,
        null,
        false);
  }

  @Test
  void anEmbeddedJournalWantsAFolderOfItsOwn() {
    assertTrue(refusal(NodeConfig.Options.NONE).contains("--journal"));
  }

  @Test
  void portZeroBecomesAFreePortThatIsKnownBeforeTheStart() {
    NodeConfig.Options options = gpu(null, null, 0, null, false);
    assertTrue(NodeConfig.node(options).getInt("pekko.remote.artery.canonical.port") > 0);
  }

  private static NodeConfig.Options options(String host, Path tls, boolean insecure) {
    return gpu(null, host, null, tls, insecure);
  }

  private static NodeConfig.Options gpu(
      Path file, String host, Integer port, Path tls, boolean insecure) {
    return new NodeConfig.Options(
        file, List.of("gpu"), host, port, List.of("127.0.0.1:1"), null, tls, insecure);
  }

  private static String refusal(NodeConfig.Options options) {
    return assertThrows(IllegalArgumentException.class, () -> NodeConfig.node(options))
        .getMessage();
  }
}
