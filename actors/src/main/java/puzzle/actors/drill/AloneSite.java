package puzzle.actors.drill;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** One node with an embedded journal: {@code puzzle run}, which continues when started again. */
final class AloneSite implements Site {

  private final Path folder;
  private final SmallSearch search;
  private NodeProcess node;

  AloneSite(Path folder, SmallSearch search) {
    this.folder = folder;
    this.search = search;
  }

  @Override
  public void start() {
    // Each run is a process of its own.
  }

  @Override
  public void submit(String run) throws IOException {
    node =
        new NodeProcess(
            run,
            folder,
            search.store(run).resolve("puzzle.log"),
            List.of("run", search.runFile(run).toString(), "--output", "json", "--devices", "2"));
    node.start();
  }

  @Override
  public List<NodeProcess> nodes() {
    return node == null ? List.of() : List.of(node);
  }

  @Override
  public void restart(List<NodeProcess> nodes) throws IOException {
    for (NodeProcess n : nodes) {
      n.start();
    }
  }

  @Override
  public void killJournal(long downMillis) throws IOException {
    throw new IOException("an embedded journal is part of its node.\nMaybe --journal cassandra.");
  }

  /** Its process ends with its run. */
  @Override
  public boolean whole() {
    return node.alive() || node.exit(0) == 0;
  }

  @Override
  public boolean ended(String run) throws IOException {
    if (node.alive()) {
      return false;
    }
    int exit = node.exit(0);
    if (exit != 0) {
      throw new IOException(run + " ended with " + exit + ": " + node.said());
    }
    return true;
  }

  @Override
  public Config journal(String run) {
    return ConfigFactory.parseMap(
        Map.of(
            "puzzle.journal",
            "embedded",
            "puzzle.embedded.folder",
            search.store(run).resolve("journal").toString()));
  }

  @Override
  public void close() {
    if (node != null) {
      node.kill();
    }
  }
}
