package puzzle.actors.drill;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import puzzle.cluster.NodeConfig;
import puzzle.engine.tasks.DjlEngineFactory;
import puzzle.persistence.cassandra.LocalCassandra;

/**
 * Three nodes with a real engine on one real Cassandra. Each test is one more run of the same
 * search, and must end like the undisturbed one. {@code -Dfaults.long=true} adds the long ones.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ThreeNodes {

  private static final int NODES = 3;
  static final String LONG = "faults.long";

  Path work;
  SmallDisk disk;
  Namespaces networks;
  private LocalCassandra cassandra;
  private Forward forward;
  ClusterSite site;
  DrillRuns trials;

  @BeforeAll
  void start(@TempDir Path folder) throws Exception {
    Shell.startsWhatUsersStart();
    String kept = System.getProperty("faults.dir");
    work = kept == null ? folder : Path.of(kept);
    SmallSearch search = SmallSearch.in(work);
    // Before the nodes start: those in networks of their own see later mounts as little.
    disk = SmallDisk.at(search.store("full"), 64).orElse(null);
    networks = Namespaces.of(NODES).orElse(null);
    if (networks == null) {
      site = ClusterSite.onLoopback(work, search, new DjlEngineFactory(), NODES);
    } else {
      cassandra = new LocalCassandra(work.resolve("cassandra"), 0);
      forward = new Forward(networks.machine(), cassandra.port());
      List<ClusterSite.Place> places = new ArrayList<>();
      for (int i = 0; i < NODES; i++) {
        places.add(new ClusterSite.Place(networks.host(i), NodeConfig.PORT, networks.prefix(i)));
      }
      String settings =
          ClusterSite.contactPoint(networks.machine(), forward.port())
              + "\npuzzle.security.insecure = on";
      site = new ClusterSite(work, search, new DjlEngineFactory(), cassandra, places, settings);
    }
    trials = new DrillRuns(search, site);
    System.out.println("undisturbed in " + trials.undisturbed());
  }

  @AfterAll
  void stop() throws Exception {
    if (site != null) {
      site.close();
    }
    if (networks != null) {
      forward.close();
      networks.close();
    }
    if (disk != null) {
      disk.close();
    }
  }

  /** What one test leaves broken is not the next one's. */
  @AfterEach
  void mend() throws Exception {
    if (networks != null) {
      networks.mend();
    }
  }

  String begin(String run, String stage) throws Exception {
    trials.begin(run);
    trials.until(run, () -> trials.reached(run, stage));
    return run;
  }

  void finish(String run) throws Exception {
    assertEquals(List.of(), trials.finish(run));
    System.out.printf("%s took %.1f s%n", run, trials.age(run).toMillis() / 1e3);
  }

  static double elapsed(Instant since) {
    return Duration.between(since, Instant.now()).toMillis() / 1e3;
  }
}
