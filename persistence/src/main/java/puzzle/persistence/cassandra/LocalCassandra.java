package puzzle.persistence.cassandra;

import com.datastax.oss.driver.api.core.AllNodesFailedException;
import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.config.DefaultDriverOption;
import com.datastax.oss.driver.api.core.config.DriverConfigLoader;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * One Cassandra node on loopback, as a process. Its heap is bounded, and a write is acknowledged
 * once it is on disk. It is stopped when this is closed, and with this JVM.
 */
public final class LocalCassandra implements AutoCloseable {

  /** Also in {@code cassandra/pom.xml}. */
  public static final String VERSION = "5.0.9";

  private static final Duration PATIENCE = Duration.ofSeconds(120);
  private static final Duration GOODBYE = Duration.ofSeconds(15);

  private final Path folder;
  private final int port;
  private final int storagePort;
  private final String classPath;
  private final Thread hook = new Thread(this::kill, "cassandra-stop");
  private Process process;

  /**
   * Prepares a node; starts nothing yet.
   *
   * @param folder of its data; what is there already is used
   * @param port of CQL, 0 for a free one
   * @throws IOException where the artefacts cannot be had, or the folder cannot be written
   */
  public LocalCassandra(Path folder, int port) throws IOException {
    this.folder = folder.toAbsolutePath().normalize();
    this.port = port == 0 ? freePort() : port;
    this.storagePort = freePort();
    this.classPath = CassandraArtefacts.classPath();
    Files.createDirectories(this.folder);
    Runtime.getRuntime().addShutdownHook(hook);
  }

  public int port() {
    return port;
  }

  /** Its process id. */
  public long pid() {
    return process.pid();
  }

  public Path log() {
    return folder.resolve("cassandra.log");
  }

  /**
   * Starts it and waits until it answers and has the journal's tables.
   *
   * @throws IOException where it ends instead, with the last it said
   */
  public void start() throws IOException, InterruptedException {
    Files.writeString(
        folder.resolve("cassandra.yaml"),
        resource("cassandra.yaml")
            .replace("${folder}", folder.toString().replace("\\", "\\\\"))
            .replace("${port}", Integer.toString(port))
            .replace("${storagePort}", Integer.toString(storagePort)));
    Files.writeString(folder.resolve("logback.xml"), resource("logback.xml"));
    List<String> command = new ArrayList<>();
    command.add(java().toString());
    resource("jvm.options").lines().filter(line -> !line.startsWith("#")).forEach(command::add);
    command.add("-Dcassandra.config=" + folder.resolve("cassandra.yaml").toUri());
    command.add("-Dlogback.configurationFile=" + folder.resolve("logback.xml").toUri());
    command.add("-Dcassandra.storagedir=" + folder);
    command.add("-Dcassandra.logdir=" + folder);
    command.add("-Dcassandra.jmx.local.port=" + freePort());
    command.add("-cp");
    command.add(classPath);
    command.add("org.apache.cassandra.service.CassandraDaemon");
    process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
            .start();
    makeTables();
  }

  /** As {@code kill -9} does it. */
  public void kill() {
    if (process != null) {
      process.destroyForcibly();
      try {
        process.waitFor(GOODBYE.toSeconds(), TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Waits until the process ends, however it does. */
  public int await() throws InterruptedException {
    return process.waitFor();
  }

  @Override
  public void close() {
    if (process != null) {
      process.destroy();
      try {
        process.waitFor(GOODBYE.toSeconds(), TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      kill();
    }
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The JVM stops; the hook finds nothing to do.
    }
  }

  private void makeTables() throws IOException, InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try (CqlSession session = session()) {
        for (String statement : statements()) {
          session.execute(statement);
        }
        return;
      } catch (AllNodesFailedException e) {
        if (process.waitFor(200, TimeUnit.MILLISECONDS) || System.nanoTime() > deadline) {
          kill();
          throw new IOException(
              "Cassandra %s on port %d does not answer: %s\nMaybe %s says why."
                  .formatted(VERSION, port, lastWords(), log()),
              e);
        }
      }
    }
  }

  private CqlSession session() {
    return CqlSession.builder()
        .addContactPoint(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
        .withLocalDatacenter("datacenter1")
        .withConfigLoader(
            DriverConfigLoader.programmaticBuilder()
                .withDuration(DefaultDriverOption.REQUEST_TIMEOUT, Duration.ofSeconds(20))
                .withDuration(DefaultDriverOption.CONNECTION_INIT_QUERY_TIMEOUT, PATIENCE)
                .withDuration(
                    DefaultDriverOption.METADATA_SCHEMA_REQUEST_TIMEOUT, Duration.ofSeconds(20))
                .build())
        .build();
  }

  /** The shipped schema; its keyspace is for one node. */
  static List<String> statements() throws IOException {
    String text =
        resource("schema.cql")
            .lines()
            .filter(line -> !line.startsWith("--"))
            .collect(Collectors.joining("\n"));
    return Stream.of(text.split(";")).filter(s -> !s.isBlank()).toList();
  }

  private static String resource(String name) throws IOException {
    try (InputStream in = LocalCassandra.class.getResourceAsStream("/cassandra/" + name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** A JDK 11 or 17: Cassandra 5.0 starts on no newer one. */
  private static Path java() throws IOException {
    String other = System.getenv("PUZZLE_CASSANDRA_JAVA_HOME");
    if (other != null && !other.isEmpty()) {
      return Path.of(other, "bin", "java");
    }
    if (Runtime.version().feature() > 17) {
      throw new IOException(
          "Cassandra %s starts on JDK 11 or 17, this is %s.\nMaybe set PUZZLE_CASSANDRA_JAVA_HOME."
              .formatted(VERSION, Runtime.version()));
    }
    return Path.of(System.getProperty("java.home"), "bin", "java");
  }

  private String lastWords() throws IOException {
    List<String> lines = Files.readAllLines(log());
    return lines.isEmpty() ? "nothing" : lines.get(lines.size() - 1);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
