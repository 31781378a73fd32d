package puzzle.actors.drill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import puzzle.engine.tasks.DjlEngineFactory;
import puzzle.persistence.Journal;

/**
 * Nodes as processes, a real Cassandra, {@code kill -9}: nothing is lost and the outcome is the
 * undisturbed run's. {@code -Ddrill.kills=30 -Ddrill.seed=7} for more, and others.
 */
class DrillIT {

  private static final int KILLS = Integer.getInteger("drill.kills", 2);

  @TempDir Path folder;

  @BeforeAll
  static void withoutTheTestsOwnClasses() {
    Shell.startsWhatUsersStart();
  }

  @Test
  void aNodeWithAnEmbeddedJournalLosesNothing() throws Exception {
    assertKept(drill(Journal.EMBEDDED, 1));
  }

  /** What FaultsIT does not do to such nodes is kill them at random. */
  @Test
  @EnabledIfSystemProperty(named = "faults.long", matches = "true")
  void threeNodesOnCassandraLoseNothing() throws Exception {
    Findings findings = drill(Journal.CASSANDRA, 3);
    assertKept(findings);
    assertTrue(findings.redoSamples() + findings.solverBackSamples() > 0, "a kill took something");
  }

  private Findings drill(Journal journal, int nodes) throws Exception {
    long seed = Long.getLong("drill.seed", System.nanoTime());
    System.out.println("seed " + seed);
    return Drills.run(
        journal,
        nodes,
        KILLS,
        seed,
        Victims.nodes,
        folder,
        new DjlEngineFactory(),
        System.out::println);
  }

  private static void assertKept(Findings findings) {
    assertEquals(List.of(), findings.wrong());
    assertTrue(findings.kept(), findings.toString());
    assertEquals(KILLS, findings.kills());
  }
}
