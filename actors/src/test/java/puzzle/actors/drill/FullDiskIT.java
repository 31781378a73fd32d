package puzzle.actors.drill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code puzzle run} whose store and embedded journal lie on one small disk. */
class FullDiskIT {

  @TempDir Path folder;

  @Test
  void aRunWhoseDiskIsFullWaitsOrSaysSoAndGoesOnWhenThereIsRoom() throws Exception {
    Shell.startsWhatUsersStart();
    SmallSearch search = SmallSearch.in(folder);
    Site site = new AloneSite(folder, search);
    SmallDisk disk = SmallDisk.at(search.store("full"), 64).orElse(null);
    assumeTrue(disk != null, "no file system of our own here, see above");
    try (disk) {
      DrillRuns trials = new DrillRuns(search, site);
      trials.undisturbed();
      trials.begin("full");
      trials.until("full", () -> trials.reached("full", "bld"));
      disk.fill();
      NodeProcess node = site.nodes().get(0);
      Instant full = Instant.now();
      trials.until("full", () -> !node.alive() || full.plusSeconds(15).isBefore(Instant.now()));
      // Where the journal's file still has room inside, only the store wants more: its device
      // rests.
      boolean lost = !node.alive();
      if (lost) {
        assertEquals(6, node.exit(0), node.said());
        assertTrue(node.said().contains("the embedded journal cannot be written"), node.said());
      }
      disk.free();
      if (lost) {
        site.restart(List.of(node));
      }
      assertEquals(List.of(), trials.finish("full"));
    } finally {
      site.close();
    }
  }
}
