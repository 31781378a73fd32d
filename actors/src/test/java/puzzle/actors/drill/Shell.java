package puzzle.actors.drill;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Commands of the system that tests need. */
final class Shell {

  private Shell() {}

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
