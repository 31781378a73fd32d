package puzzle.actors.drill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** {@code puzzle run} whose store and journal lie on one small disk. */
class FullDiskIT {

  @TempDir Path folder;

  @Test
  @EnabledIfSystemProperty(named = "faults.long", matches = "true")
  void aRunWaitsWhileTheDiskUnderStoreAndJournalIsFull() throws Exception {
    System.setProperty(
        "puzzle.classpath",
        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> !entry.contains("test-classes"))
            .collect(Collectors.joining(File.pathSeparator)));
    SmallSearch search = SmallSearch.in(folder);
    Site site = new AloneSite(folder, search);
    SmallDisk disk = SmallDisk.at(search.store("full"), 64).orElse(null);
    assumeTrue(disk != null, "no file system of our own here, see above");
    try (disk) {
      Trials trials = new Trials(search, site);
      trials.undisturbed();
      trials.begin("full");
      trials.until("full", () -> trials.reached("full", "distil"));
      disk.fill();
      Instant full = Instant.now();
      trials.until(
          "full",
          () -> Duration.between(full, Instant.now()).compareTo(Duration.ofSeconds(15)) > 0);
      NodeProcess node = site.nodes().get(0);
      assertTrue(node.alive(), "it waits");
      disk.free();
      assertEquals(List.of(), trials.finish("full"));
    } finally {
      site.close();
    }
  }
}
