package puzzle.actors.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.actors.Examples;
import puzzle.actors.FakeEngine;
import puzzle.cluster.NodeConfig;
import puzzle.engine.solve.IncrementalSolver;
import puzzle.model.Outcome;
import puzzle.model.RunSpec;
import puzzle.persistence.Journal;
import puzzle.protocol.Feed;
import puzzle.protocol.Run;

/** Whole searches on a real PostgreSQL with the shipped tables, which can be made twice. */
class PostgresqlIT {

  private static final String LINES =
      """
      puzzle.journal = postgresql
      puzzle.postgresql { url = "%s", user = postgres, password = postgres, connections = 3 }
      puzzle.snapshots.every = 10
      """;

  @TempDir static Path folder;

  private static EmbeddedPostgres postgres;

  @BeforeAll
  static void start() throws Exception {
    postgres = EmbeddedPostgres.builder().setServerConfig("listen_addresses", "127.0.0.1").start();
  }

  @BeforeEach
  void makeTables() throws Exception {
    execute("DROP TABLE IF EXISTS event_tag, event_journal, snapshot");
    String schema =
        new String(
            Journal.class.getResourceAsStream("/postgresql/schema.sql").readAllBytes(),
            StandardCharsets.UTF_8);
    execute(schema);
    execute(schema);
  }

  @AfterAll
  static void stop() throws Exception {
    postgres.close();
  }

  @Test
  void aRunThatWasStoppedGoesOnFromPostgresqlAndEndsLikeOneOnTheEmbeddedJournal() throws Exception {
    RunSpec calm = Examples.small(folder.resolve("embedded"));
    try (Drive drive = new Drive(calm, 3, 1, new FakeEngine())) {
      assertEquals(Outcome.Kind.DONE, drive.outcome().kind());
    }
    RunSpec spec = Examples.small(folder.resolve("postgresql"));
    CountDownLatch reached = new CountDownLatch(1);
    FakeEngine slow =
        new FakeEngine(
            (task, monitor) -> {
              boolean here = task.key().equals("score/2/kv-2+ffn-160");
              if (here) {
                reached.countDown();
              }
              FakeEngine.lasting(here ? 60_000 : 5).before(task, monitor);
            });
    try (Drive drive = new Drive(spec, 3, 2, slow, settings(), "hash")) {
      assertInstanceOf(Run.Accepted.class, drive.answer);
      assertTrue(reached.await(60, TimeUnit.SECONDS));
    }
    FakeEngine engine = new FakeEngine();
    try (Drive drive = new Drive(spec, 3, 2, engine, settings(), "hash")) {
      assertEquals(new Run.Accepted(true), drive.answer);
      assertEquals(Outcome.Kind.DONE, drive.outcome().kind());
    }
    assertTrue(!engine.ran().contains("record"), "what is on record is not done again");
    assertEquals(
        Files.readString(folder.resolve("embedded/scores.csv")),
        Files.readString(folder.resolve("postgresql/scores.csv")));
    assertTrue(count("event_journal") > 50);
    assertEquals(2 * count("event_journal"), count("event_tag"), "each event has its two tags");
    assertTrue(count("snapshot") > 0);
  }

  @Test
  void twoCoordinatorsShareIt() throws Exception {
    RunSpec spec = Examples.small(folder.resolve("shared"));
    Path file = Files.writeString(folder.resolve("nodes.conf"), LINES.formatted(url()));
    Tools tools = new Tools(new FakeEngine(), IncrementalSolver::new);
    CompletableFuture<Outcome> ended = new CompletableFuture<>();
    try (PuzzleNode first = join(file, List.of(), tools);
        PuzzleNode second = join(file, List.of(first.membership().address()), tools)) {
      second.watch(
          fact -> {
            if (fact instanceof Feed.Ended e) {
              ended.complete(e.outcome());
            }
          });
      assertEquals(new Run.Accepted(false), first.desk().start(spec, 3, "hash"));
      assertEquals(new Run.Accepted(true), second.desk().start(spec, 3, "hash"));
      assertEquals(Outcome.Kind.DONE, ended.get(60, TimeUnit.SECONDS).kind());
      assertEquals(first.desk().status(spec), second.desk().status(spec));
    }
  }

  private static PuzzleNode join(Path file, List<String> seeds, Tools tools) throws Exception {
    PuzzleNode node =
        PuzzleNode.join(
            NodeConfig.node(
                new NodeConfig.Options(file, List.of(), null, 0, seeds, 1, null, false)),
            tools);
    node.membership().up().toCompletableFuture().get(60, TimeUnit.SECONDS);
    return node;
  }

  private static Config settings() {
    return ConfigFactory.parseString(LINES.formatted(url())).withFallback(Examples.QUICK);
  }

  private static String url() {
    return postgres.getJdbcUrl("postgres", "postgres");
  }

  private static long count(String table) throws Exception {
    try (Connection connection = postgres.getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT count(*) FROM " + table)) {
      rows.next();
      return rows.getLong(1);
    }
  }

  private static void execute(String sql) throws Exception {
    try (Connection connection = postgres.getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
