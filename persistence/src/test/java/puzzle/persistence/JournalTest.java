package puzzle.persistence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import org.junit.jupiter.api.Test;

class JournalTest {

  @Test
  void oneLineOfConfigurationNamesTheJournal() {
    for (Journal journal : Journal.values()) {
      Config config = config("puzzle.journal = " + journal.label());
      assertEquals(journal, Journal.of(config));
      String plugin = config.getString("pekko.persistence.journal.plugin");
      assertTrue(config.hasPath(plugin + ".class"), plugin);
      String snapshots = config.getString("pekko.persistence.snapshot-store.plugin");
      assertTrue(config.hasPath(snapshots + ".class"), snapshots);
      assertTrue(config.hasPath(config.getString("puzzle.read-journal") + ".class"));
    }
  }

  @Test
  void theEmbeddedJournalIsTheDefault() {
    assertEquals(Journal.EMBEDDED, Journal.of(config("")));
  }

  @Test
  void anUnknownJournalIsRefusedWithThoseThereAre() {
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> Journal.of(config("puzzle.journal = casandra")))
            .getMessage();
    assertTrue(message.contains("puzzle.journal = casandra"), message);
    assertTrue(message.contains("\nMaybe one of [embedded, cassandra, postgresql]"), message);
  }

  @Test
  void aSectionInPlaceOfTheNameIsRefused() {
    Config config =
        ConfigFactory.parseString("puzzle.journal { folder = here }").withFallback(config(""));
    assertTrue(
        assertThrows(IllegalArgumentException.class, () -> Journal.of(config))
            .getMessage()
            .contains("\nMaybe puzzle.journal = embedded"));
  }

  /** Events are acknowledged once they are on disk, by both. */
  @Test
  void nothingAcknowledgedIsOnlyInMemory() {
    assertTrue(
        config("")
            .getString("pekko-persistence-jdbc.shared-databases.embedded.db.url")
            .contains("WRITE_DELAY=0"));
    assertEquals(
        "LOCAL_QUORUM",
        config("puzzle.journal = cassandra")
            .getString("puzzle.cassandra-driver.profiles.journal.basic.request.consistency"));
  }

  private static Config config(String lines) {
    return ConfigFactory.parseString(lines)
        .withFallback(ConfigFactory.parseResources("persistence.conf"))
        .withFallback(ConfigFactory.defaultReferenceUnresolved())
        .resolve();
  }
}
