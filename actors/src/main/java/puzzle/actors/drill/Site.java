package puzzle.actors.drill;

import com.typesafe.config.Config;
import java.io.IOException;
import java.util.List;

/** Where a drill takes place: nodes, and the journal they share. */
interface Site {

  /** Starts everything and waits until it is up. */
  void start() throws IOException, InterruptedException;

  /** Starts a run. */
  void submit(String run) throws IOException, InterruptedException;

  List<NodeProcess> nodes();

  /** Starts nodes again that were killed or have stopped by themselves. */
  void restart(List<NodeProcess> nodes) throws IOException;

  /**
   * Kills the journal's process and starts it again after a while.
   *
   * @throws IOException where the journal has no process of its own
   */
  void killJournal(long downMillis) throws IOException, InterruptedException;

  /** True once all nodes are where they were before. */
  boolean whole() throws IOException;

  /** True once the run is over. */
  boolean ended(String run) throws IOException;

  /** Settings under which the run's journal can be read now. */
  Config journal(String run);

  /** Kills everything that was started; may be called more than once. */
  void close();
}
