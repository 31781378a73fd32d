package puzzle.actors.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import puzzle.actors.Examples;
import puzzle.actors.FakeEngine;
import puzzle.model.Outcome;
import puzzle.model.RunSpec;
import puzzle.protocol.Run;

/** A journal that was tampered with while its node was down. */
class JournalFaultsTest {

  private static final Config SNAPSHOTS =
      ConfigFactory.parseString("puzzle.snapshots.every = 5").withFallback(Examples.QUICK);

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {"DELETE FROM snapshot", "UPDATE snapshot SET snapshot_payload = X'DEADBEEF'"})
  void withoutItsSnapshotsARunReplaysAllEventsAndDoesNothingTwice(String damage) throws Exception {
    RunSpec spec = Examples.small(folder);
    List<String> before = stoppedAt(spec, "evaluate/greedy");
    assertTrue(sql(damage) > 0, "there were snapshots");
    FakeEngine engine = new FakeEngine();
    try (Drive drive = new Drive(spec, 3, 2, engine, SNAPSHOTS, "hash")) {
      assertEquals(Outcome.Kind.DONE, drive.outcome().kind());
    }
    List<String> again = engine.ran().stream().filter(before::contains).toList();
    assertTrue(
        again.stream().allMatch(key -> key.startsWith("evaluate")),
        "only what was not on record when the node stopped: " + again);
  }

  @Test
  void anEventThatIsNotKnownIsNamedAndTheNodeStops() throws Exception {
    RunSpec spec = Examples.small(folder);
    stoppedAt(spec, "score/2/kv-2+ffn-160");
    sql("DELETE FROM snapshot");
    String unknown = "puzzle.persistence.LayerEvent$VariantForetold";
    String change =
        "UPDATE event_journal SET event_ser_manifest = '%s' WHERE persistence_id = '%s'";
    String layer = "Layer|" + puzzle.protocol.Layer.entityId(spec.id().value(), 1);
    assertTrue(sql(change.formatted(unknown, layer) + " AND sequence_number = 2") == 1);
    try (Drive drive = new Drive(spec, 3, 2, new FakeEngine(), SNAPSHOTS, "hash")) {
      drive.awaitStop();
      String message =
          assertThrows(UnreadableJournalException.class, drive::checkReadable).getMessage();
      assertTrue(message.startsWith(layer), message);
      assertTrue(message.contains(unknown), message);
    }
    sql("DELETE FROM snapshot");
    sql(change.formatted(unknown, "Run|" + spec.id()) + " AND sequence_number = 2");
    String message =
        assertThrows(
                UnreadableJournalException.class,
                () -> new Drive(spec, 3, 2, new FakeEngine(), SNAPSHOTS, "hash"))
            .getMessage();
    assertTrue(message.startsWith("Run|" + spec.id()), message);
    assertTrue(message.contains("\nMaybe a later version"), message);
  }

  /** Runs until a task is begun; returns what was done. */
  private List<String> stoppedAt(RunSpec spec, String key) throws Exception {
    CountDownLatch reached = new CountDownLatch(1);
    FakeEngine engine =
        new FakeEngine(
            (task, monitor) -> {
              if (task.key().equals(key)) {
                reached.countDown();
              }
              // Nothing more is finished then, so that nothing is being written when the node
              // stops.
              FakeEngine.lasting(reached.getCount() == 0 ? 60_000 : 0).before(task, monitor);
            });
    try (Drive drive = new Drive(spec, 3, 2, engine, SNAPSHOTS, "hash")) {
      assertInstanceOf(Run.Accepted.class, drive.answer);
      assertTrue(reached.await(60, TimeUnit.SECONDS), key);
      drive.settle();
    }
    return engine.ran();
  }

  private int sql(String statement) throws Exception {
    String url = "jdbc:h2:file:%s/journal;DATABASE_TO_UPPER=FALSE";
    try (Connection connection =
            DriverManager.getConnection(url.formatted(folder.resolve("journal")), "sa", "");
        Statement sql = connection.createStatement()) {
      return sql.executeUpdate(statement);
    }
  }
}
