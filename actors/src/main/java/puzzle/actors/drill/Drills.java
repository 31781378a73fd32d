package puzzle.actors.drill;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.function.Consumer;
import java.util.stream.Stream;
import puzzle.engine.EngineFactory;
import puzzle.persistence.Journal;

/** Sets a drill up and cleans up after it, however it ends. */
public final class Drills {

  private Drills() {}

  /**
   * @param folder to work in and to keep, or null for one that is deleted
   * @param tell is told what happens, a line at a time
   */
  public static Findings run(
      Journal journal,
      int nodes,
      int kills,
      long seed,
      Victims victims,
      Path folder,
      EngineFactory engines,
      Consumer<String> tell)
      throws IOException, InterruptedException {
    Path work =
        folder == null
            ? Files.createTempDirectory("puzzle-drill-")
            : Files.createDirectories(folder).toAbsolutePath().normalize();
    try {
      SmallSearch search = SmallSearch.in(work);
      Site site =
          journal == Journal.EMBEDDED
              ? new AloneSite(work, search)
              : ClusterSite.onLoopback(work, search, engines, nodes);
      Runnable cleanUp =
          () -> {
            site.close();
            if (folder == null) {
              delete(work);
            }
          };
      Thread hook = new Thread(cleanUp, "drill-stop");
      Runtime.getRuntime().addShutdownHook(hook);
      try {
        return new Drill(search, site, seed, victims, tell).run(kills);
      } finally {
        if (!stopping(hook)) {
          cleanUp.run();
        }
      }
    } catch (IOException | RuntimeException e) {
      if (folder == null) {
        delete(work);
      }
      throw e;
    }
  }

  /** True if the JVM stops already and the hook does it. */
  private static boolean stopping(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
      return false;
    } catch (IllegalStateException e) {
      return true;
    }
  }

  /** What a dying process still writes may come in between; it is tried a few times. */
  private static void delete(Path folder) {
    for (int i = 0; Files.exists(folder) && i < 20; i++) {
      try (Stream<Path> all = Files.walk(folder)) {
        for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(path);
        }
      } catch (IOException | UncheckedIOException e) {
        // The next round finds what this one missed.
      }
    }
  }
}
