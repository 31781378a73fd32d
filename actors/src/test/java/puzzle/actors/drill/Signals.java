package puzzle.actors.drill;

import java.io.IOException;
import java.time.Instant;

/** Signals to a node's process. */
final class Signals {

  private Signals() {}

  /**
   * Sends one; returns when.
   *
   * @param name as {@code kill} has it: {@code TERM}, {@code STOP}, {@code CONT}, {@code SEGV}
   */
  static Instant send(NodeProcess node, String name) throws IOException, InterruptedException {
    Instant at = Instant.now();
    String pid = Long.toString(node.pid());
    int exit = new ProcessBuilder("kill", "-" + name, pid).inheritIO().start().waitFor();
    if (exit != 0) {
      throw new IOException("kill -%s %s ended with %d".formatted(name, pid, exit));
    }
    return at;
  }
}
