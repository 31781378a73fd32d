package puzzle.actors.drill;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import puzzle.actors.node.ClusterLink;
import puzzle.actors.node.UnreachableException;
import puzzle.actors.runfile.RunFile;
import puzzle.cluster.NodeConfig;
import puzzle.engine.EngineFactory;
import puzzle.model.Outcome;
import puzzle.model.RunId;
import puzzle.persistence.cassandra.LocalCassandra;
import puzzle.protocol.Run;

/** Nodes of all roles with one device each, and a Cassandra: what production looks like. */
final class ClusterSite implements Site {

  /**
   * Where a node is.
   *
   * @param prefix a command that starts its JVM there, and becomes it; empty for here
   */
  record Place(String host, int port, List<String> prefix) {

    String address() {
      return host + ":" + port;
    }
  }

  private static final Duration PATIENCE = Duration.ofSeconds(120);
  private static final String UP = " is up: ";

  private final Path folder;
  private final SmallSearch search;
  private final EngineFactory engines;
  private final LocalCassandra cassandra;
  private final List<Place> places;
  private final List<NodeProcess> nodes = new ArrayList<>();

  /** How often each node will have said that it is up once it is. */
  private final Map<NodeProcess, Long> expected = new HashMap<>();

  /** All on loopback. */
  static ClusterSite onLoopback(Path folder, SmallSearch search, EngineFactory engines, int size)
      throws IOException {
    LocalCassandra cassandra = new LocalCassandra(folder.resolve("cassandra"), 0);
    List<Place> places =
        freePorts(size).stream().map(port -> new Place("127.0.0.1", port, List.of())).toList();
    return new ClusterSite(
        folder, search, engines, cassandra, places, contactPoint("127.0.0.1", cassandra.port()));
  }

  /**
   * @param places of the nodes; the first begins the cluster
   * @param settings of all nodes besides the journal's name, HOCON
   */
  ClusterSite(
      Path folder,
      SmallSearch search,
      EngineFactory engines,
      LocalCassandra cassandra,
      List<Place> places,
      String settings)
      throws IOException {
    this.folder = folder;
    this.search = search;
    this.engines = engines;
    this.cassandra = cassandra;
    this.places = List.copyOf(places);
    Path file =
        Files.writeString(
            folder.resolve("nodes.conf"), "puzzle.journal = cassandra\n" + settings + "\n");
    String seeds = places.stream().map(Place::address).collect(Collectors.joining(","));
    for (int i = 0; i < places.size(); i++) {
      Place place = places.get(i);
      String name = "node-" + (i + 1);
      Path log = folder.resolve(name + ".log");
      List<String> arguments =
          List.of(
              "node",
              "--host",
              place.host(),
              "--port",
              Integer.toString(place.port()),
              "--seeds",
              seeds,
              "--devices",
              "1",
              "--config",
              file.toString(),
              "--log",
              log.toString());
      nodes.add(new NodeProcess(name, folder, log, place.prefix(), arguments));
    }
  }

  /** The setting that says where Cassandra is. */
  static String contactPoint(String host, int port) {
    return "puzzle.cassandra.contact-points = [\"%s:%d\"]".formatted(host, port);
  }

  @Override
  public void start() throws IOException, InterruptedException {
    cassandra.start();
    restart(nodes);
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!whole()) {
      if (System.nanoTime() > deadline) {
        throw new IOException("the nodes are not up:\n" + said());
      }
      TimeUnit.MILLISECONDS.sleep(100);
    }
  }

  @Override
  public void submit(String run) throws IOException, InterruptedException {
    RunFile file = RunFile.read(search.runFile(run), folder, engines::shape);
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try (ClusterLink link = link()) {
        Run.Answer answer =
            link.ask(
                file.spec().id(),
                replyTo -> new Run.Start(file.spec(), file.layers(), file.hash(), replyTo));
        if (answer instanceof Run.Refused refused) {
          throw new IOException(run + ": " + refused.reason());
        }
        return;
      } catch (UnreachableException e) {
        if (System.nanoTime() > deadline) {
          throw new IOException(e.getMessage(), e);
        }
        // Starts those again that have stopped.
        whole();
      }
    }
  }

  @Override
  public List<NodeProcess> nodes() {
    return nodes;
  }

  @Override
  public void restart(List<NodeProcess> killed) throws IOException {
    for (NodeProcess node : killed) {
      expected.put(node, ups(node) + 1);
      node.start();
    }
  }

  @Override
  public void killJournal(long downMillis) throws IOException, InterruptedException {
    cassandra.kill();
    TimeUnit.MILLISECONDS.sleep(downMillis);
    cassandra.start();
  }

  /** A node that stopped by itself is started again, as any service manager does. */
  @Override
  public boolean whole() throws IOException {
    boolean whole = true;
    for (NodeProcess node : nodes) {
      if (!node.alive()) {
        restart(List.of(node));
      }
      whole &= ups(node) >= expected.get(node);
    }
    return whole;
  }

  private static long ups(NodeProcess node) throws IOException {
    return node.said().lines().filter(line -> line.contains(UP)).count();
  }

  @Override
  public boolean ended(String run) throws IOException {
    if (!Files.exists(search.store(run).resolve("report.json"))) {
      return false;
    }
    try (ClusterLink link = link()) {
      Outcome outcome = link.<Run.Status>ask(new RunId(run), Run.GetStatus::new).outcome();
      if (outcome != null && outcome.kind() != Outcome.Kind.DONE) {
        throw new IOException(run + " ended as " + outcome.kind() + ": " + outcome.detail());
      }
      return outcome != null;
    } catch (UnreachableException e) {
      return false;
    }
  }

  @Override
  public Config journal(String run) {
    return ConfigFactory.parseMap(
        Map.of(
            "puzzle.journal",
            "cassandra",
            "puzzle.cassandra.contact-points",
            List.of("127.0.0.1:" + cassandra.port())));
  }

  @Override
  public void close() {
    nodes.forEach(NodeProcess::kill);
    cassandra.close();
  }

  /** To the first node. */
  ClusterLink link() {
    Place first = places.get(0);
    boolean open = !first.host().startsWith("127.");
    return ClusterLink.open(
        first.host(),
        first.port(),
        new NodeConfig.Options(null, List.of(), null, null, List.of(), null, null, open));
  }

  private String said() throws IOException {
    StringBuilder text = new StringBuilder();
    for (NodeProcess node : nodes) {
      text.append(node.name()).append(": ").append(node.said()).append('\n');
    }
    return text.toString();
  }

  private static List<Integer> freePorts(int count) throws IOException {
    List<ServerSocket> sockets = new ArrayList<>();
    try {
      for (int i : IntStream.range(0, count).toArray()) {
        sockets.add(i, new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
      }
      return sockets.stream().map(ServerSocket::getLocalPort).toList();
    } finally {
      for (ServerSocket socket : sockets) {
        socket.close();
      }
    }
  }
}
