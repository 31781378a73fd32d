package puzzle.actors.kafka;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A real broker (KRaft) as a process on loopback, from Maven artefacts; can be killed and back. */
final class KafkaBroker implements AutoCloseable {

  private static final Path POM = Path.of("src/test/servers/kafka/pom.xml");
  private static final String PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1";

  private final Path folder;
  private final String classPath;
  private final int port;
  private Process process;

  /**
   * @param folder for its data and log
   */
  KafkaBroker(Path folder) throws IOException, InterruptedException {
    this.folder = folder;
    this.classPath = classPath(folder);
    this.port = freePort();
    int controller = freePort();
    Files.writeString(
        folder.resolve("server.properties"),
        """
        process.roles=broker,controller
        node.id=1
        controller.quorum.voters=1@127.0.0.1:%d
        listeners=PLAINTEXT://127.0.0.1:%d,CONTROLLER://127.0.0.1:%d
        advertised.listeners=PLAINTEXT://127.0.0.1:%d
        controller.listener.names=CONTROLLER
        listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
        log.dirs=%s
        offsets.topic.replication.factor=1
        offsets.topic.num.partitions=1
        transaction.state.log.replication.factor=1
        transaction.state.log.min.isr=1
        group.initial.rebalance.delay.ms=0
        log.cleaner.dedupe.buffer.size=2097152
        """
            .formatted(controller, port, controller, port, folder.resolve("data")));
    Process format =
        java("kafka.tools.StorageTool", "format", "-t", "AAAAAAAAQACAAAAAAAAAAQ", "-c");
    if (!format.waitFor(60, TimeUnit.SECONDS) || format.exitValue() != 0) {
      throw new IOException("format: " + Files.readString(folder.resolve("kafka.log")));
    }
    start();
  }

  String servers() {
    return "127.0.0.1:" + port;
  }

  void start() throws IOException, InterruptedException {
    process = java("kafka.Kafka");
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!listening()) {
      if (System.nanoTime() > end || !process.isAlive()) {
        throw new IOException("kafka: " + Files.readString(folder.resolve("kafka.log")));
      }
      TimeUnit.MILLISECONDS.sleep(100);
    }
  }

  /** kill -9. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor(30, TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }

  private boolean listening() {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 500);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private Process java(String main, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    Collections.addAll(
        command,
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-Xmx384m",
        "-XX:+UseSerialGC",
        "-cp",
        classPath,
        main);
    Collections.addAll(command, arguments);
    command.add(folder.resolve("server.properties").toString());
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve("kafka.log").toFile()))
        .start();
  }

  /** Resolved by Maven from a pom of its own, so that a broker's jars stay off every class path. */
  private static String classPath(Path folder) throws IOException, InterruptedException {
    Path file = folder.resolve("classpath");
    File log = folder.resolve("maven.log").toFile();
    Process maven =
        new ProcessBuilder(
                Path.of(System.getProperty("maven.home"), "bin", "mvn").toString(),
                "-q",
                "-B",
                "-f",
                POM.toAbsolutePath().toString(),
                PLUGIN + ":build-classpath",
                "-Dmdep.outputFile=" + file)
            .redirectErrorStream(true)
            .redirectOutput(log)
            .start();
    if (!maven.waitFor(5, TimeUnit.MINUTES) || maven.exitValue() != 0) {
      maven.destroyForcibly();
      throw new IOException("maven: " + Files.readString(log.toPath()));
    }
    return Files.readString(file);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
