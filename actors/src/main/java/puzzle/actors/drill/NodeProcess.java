package puzzle.actors.drill;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** One node as a process that can be killed and started again; its log resumes where it stopped. */
final class NodeProcess {

  /** As the launcher has them, with less memory: many of these share a machine. */
  private static final List<String> JVM =
      List.of(
          "-Djava.util.concurrent.ForkJoinPool.common.parallelism=2",
          "-Djdk.serialFilter=!*",
          "-Dai.djl.offline=true",
          "-Dslf4j.internal.verbosity=ERROR",
          "-XX:+UseSerialGC",
          "-XX:TieredStopAtLevel=1",
          "-Xmx512m",
          "-XX:MaxDirectMemorySize=256m",
          "-Xshare:auto");

  private final String name;
  private final Path folder;
  private final List<String> prefix;
  private final Path log;
  private final List<String> arguments;
  private Process process;

  /**
   * @param log where the node writes its log
   * @param arguments of the command line
   */
  NodeProcess(String name, Path folder, Path log, List<String> arguments) {
    this(name, folder, log, List.of(), arguments);
  }

  /**
   * @param prefix a command that runs the JVM somewhere else, and becomes it
   */
  NodeProcess(String name, Path folder, Path log, List<String> prefix, List<String> arguments) {
    this.name = name;
    this.prefix = List.copyOf(prefix);
    this.folder = folder;
    this.log = log;
    this.arguments = List.copyOf(arguments);
  }

  String name() {
    return name;
  }

  Path log() {
    return log;
  }

  long pid() {
    return process.pid();
  }

  void start() throws IOException {
    List<String> command = new ArrayList<>(prefix);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(JVM);
    if (Runtime.version().feature() > 21) {
      command.add("--enable-native-access=ALL-UNNAMED");
    }
    command.add("-cp");
    command.add(System.getProperty("puzzle.classpath", System.getProperty("java.class.path")));
    command.add("puzzle.actors.cli.PuzzleCli");
    command.addAll(arguments);
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(output().toFile()));
    builder.environment().put("DJL_OFFLINE", "true");
    builder.environment().put("OMP_NUM_THREADS", "1");
    // The drill reads the log line by line.
    builder.environment().put("PUZZLE_LOG_FORMAT", "text");
    process = builder.start();
  }

  boolean alive() {
    return process != null && process.isAlive();
  }

  /** {@code kill -9}; returns when it was sent. */
  Instant kill() {
    Instant at = Instant.now();
    if (process != null) {
      process.destroyForcibly();
      await(10);
    }
    return at;
  }

  /** How the process ended, or -1 if it has not. */
  int exit(long seconds) {
    return await(seconds) ? process.exitValue() : -1;
  }

  /** All it printed. */
  String said() throws IOException {
    return Files.exists(output()) ? Files.readString(output()) : "";
  }

  private Path output() {
    return folder.resolve(name + ".out");
  }

  private boolean await(long seconds) {
    try {
      return process.waitFor(seconds, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return !process.isAlive();
    }
  }
}
