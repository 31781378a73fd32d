package puzzle.actors.kafka;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.actors.Examples;
import puzzle.actors.FakeEngine;
import puzzle.actors.node.Drive;
import puzzle.model.Outcome;
import puzzle.model.RunSpec;

/** Runs on a real broker. */
class KafkaIT {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final PublishedSchemas asyncApi = new PublishedSchemas();
  @TempDir Path folder;
  private KafkaBroker broker;

  @BeforeEach
  void startBroker() throws Exception {
    broker = new KafkaBroker(Files.createDirectories(folder.resolve("kafka")));
  }

  @AfterEach
  void stopBroker() throws Exception {
    broker.close();
  }

  @Test
  void publishesEveryEventOfTheJournalInItsOrderThoughTheBrokerIsKilledOnTheWay() throws Exception {
    RunSpec spec = Examples.spec(Files.createDirectories(folder.resolve("store")));
    try (Drive drive =
        new Drive(spec, 4, 2, new FakeEngine(FakeEngine.lasting(20)), settings(), "hash")) {
      broker.kill();
      broker.start();
      assertEquals(Outcome.Kind.DONE, drive.outcome().kind(), () -> drive.facts.toString());
    }
    Set<String> written;
    // What was not out yet when the node stopped follows when it is back.
    try (Drive drive = new Drive(spec, 4, 2, new FakeEngine(), settings(), "hash");
        KafkaConsumer<String, byte[]> consumer = consumer()) {
      assertEquals(Outcome.Kind.DONE, drive.status().outcome().kind());
      written = journal(spec);
      Set<String> ids = new HashSet<>();
      Map<String, Long> last = new HashMap<>();
      long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
      while (!ids.containsAll(written) && System.nanoTime() < end) {
        for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofMillis(200))) {
          JsonNode event = JSON.readTree(record.value());
          String id = event.path("id").asText();
          assertEquals(spec.id().value(), record.key());
          assertEquals(List.of(), asyncApi.validate(event), event::toString);
          String entity = id.substring(0, id.lastIndexOf('#'));
          long sequence = Long.parseLong(id.substring(id.lastIndexOf('#') + 1));
          // Repetitions are allowed, gaps are not.
          assertTrue(sequence <= last.getOrDefault(entity, 0L) + 1, id + " after " + last);
          last.merge(entity, sequence, Math::max);
          ids.add(id);
        }
      }
      Set<String> missing = new TreeSet<>(written);
      missing.removeAll(ids);
      assertEquals(Set.of(), missing);
    }
  }

  private Config settings() {
    return ConfigFactory.parseMap(Map.of("puzzle.kafka.servers", broker.servers()))
        .withFallback(Examples.QUICK);
  }

  private KafkaConsumer<String, byte[]> consumer() {
    KafkaConsumer<String, byte[]> consumer =
        new KafkaConsumer<>(
            Map.of(
                "bootstrap.servers", broker.servers(),
                "group.id", "test",
                "auto.offset.reset", "earliest"),
            new StringDeserializer(),
            new ByteArrayDeserializer());
    consumer.subscribe(List.of("puzzle-facts"));
    return consumer;
  }

  /** Ids of all events in the embedded journal. */
  private static Set<String> journal(RunSpec spec) throws Exception {
    Set<String> ids = new TreeSet<>();
    String url =
        "jdbc:h2:file:"
            + spec.store()
            + "/journal/journal"
            + ";DB_CLOSE_ON_EXIT=FALSE;WRITE_DELAY=0;DATABASE_TO_UPPER=FALSE";
    try (Connection connection = DriverManager.getConnection(url, "sa", "");
        ResultSet rows =
            connection
                .createStatement()
                .executeQuery("select persistence_id, sequence_number from event_journal")) {
      while (rows.next()) {
        if (!rows.getString(1).startsWith("/")) {
          ids.add(rows.getString(1) + "#" + rows.getLong(2));
        }
      }
    }
    return ids;
  }
}
