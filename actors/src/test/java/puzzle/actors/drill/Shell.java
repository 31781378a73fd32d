package puzzle.actors.drill;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Processes that tests need. */
final class Shell {

  private Shell() {}

  /** Nodes that are processes have the product on their class path, and not the tests. */
  static void startsWhatUsersStart() {
    System.setProperty(
        "puzzle.classpath",
        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> !entry.contains("test-classes"))
            .collect(Collectors.joining(File.pathSeparator)));
  }

  /**
   * Runs one to its end.
   *
   * @throws IOException with what it said, where it fails or there is none
   */
  static void run(String... command) throws IOException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (process.waitFor() != 0) {
        throw new IOException(String.join(" ", command) + ": " + said.strip());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
