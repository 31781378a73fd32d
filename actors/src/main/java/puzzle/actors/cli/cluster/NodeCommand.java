package puzzle.actors.cli.cluster;

import com.typesafe.config.Config;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import puzzle.actors.cli.console.Engines;
import puzzle.actors.cli.console.ResultCommand;
import puzzle.actors.node.PuzzleNode;
import puzzle.actors.node.Tools;
import puzzle.actors.node.UnreachableException;
import puzzle.actors.run.RunFolder;
import puzzle.cluster.NodeConfig;
import puzzle.model.InvalidInputException;

/** One node of a cluster, until it is told to stop. */
@Command(
    name = "node",
    description = {
      "Starts one node of a cluster and runs until it is stopped.",
      "SIGTERM hands over what the node does; kill -9 loses nothing that is on record."
    })
public final class NodeCommand extends ResultCommand {

  /** Longer than an orderly end takes, which is 1 s to 3 s. */
  private static final Duration LAST_BREATH = Duration.ofSeconds(15);

  @Option(
      names = "--roles",
      split = ",",
      paramLabel = "ROLE",
      description = "Any of coordinator, gpu, solver, edge. Default: all.")
  List<String> roles;

  @Option(names = "--config", paramLabel = "FILE", description = "Settings (HOCON).")
  Path file;

  @Option(
      names = "--host",
      description = "Address that others know this node by. Default: 127.0.0.1.")
  String host;

  @Option(names = "--port", description = "Port; 0 for any that is free. Default: 25520.")
  Integer port;

  @Option(
      names = "--seeds",
      split = ",",
      paramLabel = "HOST:PORT",
      description = "Nodes to join, the same list on each node; the first may begin the cluster.")
  List<String> seeds;

  @Option(
      names = "--devices",
      paramLabel = "N",
      description = "CPU devices of one thread each. Default: 2.")
  Integer devices;

  @Option(
      names = "--journal",
      paramLabel = "DIR",
      description = "Folder of the embedded journal, which only one coordinator can have.")
  Path journal;

  @Option(
      names = "--tls",
      paramLabel = "DIR",
      description = "Folder with tls.key, tls.crt and ca.crt.")
  Path tls;

  @Option(
      names = "--insecure",
      description = "Listen on an address that others can reach without TLS.")
  boolean insecure;

  @Option(names = "--log", paramLabel = "FILE", description = "Log file. Default: none.")
  Path log;

  @Override
  public Integer call() throws Exception {
    if (log != null) {
      System.setProperty("puzzle.log", log.toAbsolutePath().toString());
    }
    if (journal != null) {
      System.setProperty("puzzle.embedded.folder", journal.toAbsolutePath().toString());
    }
    Config config;
    Tools tools = Engines.tools();
    PuzzleNode node;
    try {
      config =
          NodeConfig.node(
              new NodeConfig.Options(file, roles, host, port, seeds, devices, tls, insecure));
      node = PuzzleNode.join(config, tools);
    } catch (IllegalArgumentException e) {
      throw new InvalidInputException(e.getMessage(), e);
    }
    AtomicBoolean asked = new AtomicBoolean();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> asked.set(true)));
    CompletableFuture<?> stopping = node.membership().stopping().toCompletableFuture();
    stopping.thenRun(
        () -> {
          if (!node.membership().told()) {
            new ForcedExit(LAST_BREATH, Runtime.getRuntime()::halt).begin();
          }
        });
    CompletableFuture<?> stopped = node.membership().stopped().toCompletableFuture();
    CompletableFuture<?> up = node.membership().up().toCompletableFuture();
    CompletableFuture.anyOf(up, stopping).get();
    node.membership().checkReadable();
    if (!up.isDone() && node.membership().refused()) {
      throw new InvalidInputException(
          "puzzle.journal = %s: the cluster has another journal, or a coordinator already."
                  .formatted(config.getString("puzzle.journal"))
              + "\nMaybe start this node with --roles gpu, or all coordinators with"
              + " puzzle.journal = cassandra.");
    }
    if (!up.isDone()) {
      throw new UnreachableException(
          "none of %s answered.".formatted(config.getStringList("puzzle.seeds"))
              + "\nMaybe they are not up yet, or are known by other addresses.");
    }
    print(node, config);
    stopped.get();
    node.membership().checkReadable();
    // Told to stop, the process ends by the signal; otherwise the cluster continues without it.
    TimeUnit.SECONDS.sleep(asked.get() ? 30 : 0);
    throw new UnreachableException(
        node.membership().address()
            + ": the cluster continues without this node."
            + "\nMaybe it could not be reached for a while; start it again and it will join.");
  }

  private void print(PuzzleNode node, Config config) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("address", node.membership().address());
    line.put("roles", config.getStringList("puzzle.roles"));
    line.put("devices", config.getInt("puzzle.gpu.devices"));
    line.put("pid", ProcessHandle.current().pid());
    String text =
        output.json()
            ? RunFolder.json(line).replaceAll("\\s*\\n\\s*", " ").strip()
            : "node %s is up: %s"
                .formatted(
                    node.membership().address(),
                    String.join(", ", config.getStringList("puzzle.roles")));
    out().println(text);
  }
}
