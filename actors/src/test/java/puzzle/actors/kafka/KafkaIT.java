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
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.actors.Examples;
import puzzle.actors.FakeEngine;
import puzzle.actors.node.Drive;
import puzzle.actors.simulation.SimulatedResults;
import puzzle.actors.solver.BatchSolve;
import puzzle.model.Block;
import puzzle.model.Outcome;
import puzzle.model.RunSpec;
import puzzle.model.Score;
import puzzle.model.ScoredBlock;
import puzzle.model.Task;
import puzzle.model.TaskResult;
import puzzle.protocol.Feed;

/** Runs on a real broker. */
class KafkaIT {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Layers whose measurements come before those that are timed. */
  private static final int WARM = 40;

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
        KafkaConsumer<String, byte[]> consumer = consumer("puzzle-facts")) {
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

  /** Prints how long after it was sent a measurement was on record, and known to the solver. */
  @Test
  void takesInFourThousandMeasurementsOnceEachAndBuriesWhatItCannotRead() throws Exception {
    RunSpec spec = Examples.spec(Files.createDirectories(folder.resolve("store")));
    int timed = Integer.getInteger("kafka.layers", 76);
    int layers = timed + WARM;
    FakeEngine idle =
        new FakeEngine(
            (task, monitor) -> {
              if (task.key().startsWith("bld") || task.key().startsWith("score")) {
                FakeEngine.lasting(600_000).before(task, monitor);
              }
            });
    SplittableRandom random = new SplittableRandom(7);
    Map<Integer, List<ScoredBlock>> scores = new TreeMap<>();
    List<String> messages = new ArrayList<>();
    List<String> before = new ArrayList<>();
    Set<String> ids = new HashSet<>();
    Set<String> warm = new HashSet<>();
    for (int layer = 0; layer < layers; layer++) {
      for (Block block : spec.space().blocks()) {
        if (!block.equals(spec.space().parent())) {
          double value = 0.01 + random.nextDouble();
          scores
              .computeIfAbsent(layer, l -> new ArrayList<>())
              .add(new ScoredBlock(block, Score.measured(value, 0)));
          (layer < timed ? messages : before).add(measurement(spec, layer, block, value));
          ids.add(layer + "/" + block);
          if (layer >= timed) {
            warm.add(layer + "/" + block);
          }
        }
      }
    }
    // Some come twice.
    for (int i = 0, once = messages.size(); i < once; i += 10) {
      messages.add(messages.get(i));
    }
    Collections.shuffle(messages, new Random(7));
    List<String> dead =
        List.of(
            "no JSON at all",
            "{}",
            command("example", "explode", "{}"),
            command("nobody", "pause", "{}"),
            command("example", "measurements", "{\"source\": \"x\", \"scores\": 3}"),
            command("example", "pause", "{\"quickly\": true}"),
            measurement(spec, layers, spec.space().blocks().get(1), 0.5));
    ToldToSolver told = new ToldToSolver(ids);
    try (told;
        Drive drive = new Drive(spec, layers, 2, idle, settings(), "hash");
        KafkaProducer<String, byte[]> producer = producer()) {
      awaitLayers(drive, layers);
      // A node that has been at work for a while: what it never did takes a JVM seconds.
      before.forEach(message -> send(producer, message));
      told.await(warm.size());
      for (int i = 0; i < messages.size(); i++) {
        send(producer, messages.get(i));
        if (i % 100 == 0 && i / 100 < dead.size()) {
          send(producer, dead.get(i / 100));
        }
      }
      double best =
          BatchSolve.of(
                  spec,
                  layers,
                  List.of(
                      (TaskResult.Profiled)
                          SimulatedResults.of(spec, new Task.Profile(Examples.WORKLOAD))),
                  scores)
              .objective();
      told.await(ids.size());
      awaitIncumbent(drive, best);
      List<String> reasons = deadLetters(dead.size());
      assertEquals(dead.size(), reasons.size(), reasons.toString());
      send(producer, command("example", "cancel", "{\"reason\": \"enough\"}"));
      assertEquals(Outcome.Kind.CANCELLED, drive.outcome().kind());
    }
    Map<String, Long> recorded = recorded(spec);
    assertEquals(ids.size(), recorded.size());
    assertEquals(recorded.keySet(), told.at().keySet(), "all of them reached the solver");
    recorded.keySet().removeAll(warm);
    Map<String, Long> delivered = sentAt(recorded.keySet());
    late("on record", delivered, recorded);
    long p99 = late("known to the solver", delivered, told.at());
    // The promise is 1 s: -Dkafka.p99=1000 judges it. A build has other work beside it.
    Long limit = Long.getLong("kafka.p99");
    if (limit != null) {
      assertTrue(p99 <= limit, "p99 is " + p99 + " ms");
    }
  }

  /** Prints how much later than sent they were; answers with the 99th percentile, milliseconds. */
  private static long late(String what, Map<String, Long> sent, Map<String, Long> at) {
    List<Long> late = new ArrayList<>();
    sent.forEach((id, millis) -> late.add(at.get(id) - millis));
    Collections.sort(late);
    long p99 = late.get(late.size() * 99 / 100);
    System.out.printf(
        "%d measurements over Kafka, %s after: p50 %d ms, p99 %d ms, the last %d ms%n",
        late.size(), what, late.get(late.size() / 2), p99, late.get(late.size() - 1));
    return p99;
  }

  /** When the producer sent each for the first time, by {@code layer/block}. */
  private Map<String, Long> sentAt(Set<String> ids) throws Exception {
    Map<String, Long> sent = new HashMap<>();
    try (KafkaConsumer<String, byte[]> commands = consumer("puzzle-commands")) {
      long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
      while (sent.size() < ids.size() && System.nanoTime() < end) {
        for (ConsumerRecord<String, byte[]> record : commands.poll(Duration.ofMillis(200))) {
          String text = new String(record.value());
          if (text.contains("\"bench\"")) {
            assertEquals(List.of(), asyncApi.validate(JSON.readTree(text)), text);
            String id = JSON.readTree(text).at("/data/scores/0/id").asText();
            if (ids.contains(id)) {
              sent.merge(id, record.timestamp(), Math::min);
            }
          }
        }
      }
    }
    return sent;
  }

  private static String measurement(RunSpec spec, int layer, Block block, double value) {
    return command(
        spec.id().value(),
        "measurements",
        "{\"source\": \"bench\", \"scores\": [{\"id\": \"%d/%s\", \"layer\": %d, \"block\": \"%s\", \"value\": %s}]}"
            .formatted(layer, block, layer, block, value));
  }

  private static String command(String run, String name, String data) {
    return """
        {"specversion": "1.0", "id": "%s", "source": "/test", "type": "io.puzzle4j.command.%s", \
        "run": "%s", "datacontenttype": "application/json", "data": %s}"""
        .formatted(UUID.nameUUIDFromBytes((run + name + data).getBytes()), name, run, data);
  }

  private static void send(KafkaProducer<String, byte[]> producer, String event) {
    ProducerRecord<String, byte[]> record =
        new ProducerRecord<>("puzzle-commands", "example", event.getBytes());
    record.headers().add("content-type", "application/cloudevents+json".getBytes());
    producer.send(record);
  }

  private static void awaitLayers(Drive drive, int layers) throws InterruptedException {
    long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (drive.facts.stream()
            .filter(Feed.LayerAdvanced.class::isInstance)
            .map(f -> ((Feed.LayerAdvanced) f).layer())
            .distinct()
            .count()
        < layers) {
      assertTrue(System.nanoTime() < end, "the layers are not at work");
      Thread.sleep(50);
    }
  }

  private static void awaitIncumbent(Drive drive, double objective) throws InterruptedException {
    long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    double last = Double.NaN;
    while (Math.abs(last - objective) > 1e-9) {
      assertTrue(System.nanoTime() < end, "the solver is at " + last + ", not " + objective);
      Thread.sleep(20);
      for (Feed.Fact fact : drive.facts) {
        last = fact instanceof Feed.IncumbentChanged i ? i.incumbent().objective() : last;
      }
    }
  }

  private List<String> deadLetters(int count) {
    List<String> reasons = new ArrayList<>();
    try (KafkaConsumer<String, byte[]> consumer = consumer("puzzle-dead-letters")) {
      long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
      while (reasons.size() < count && System.nanoTime() < end) {
        consumer
            .poll(Duration.ofMillis(200))
            .forEach(r -> reasons.add(new String(r.headers().lastHeader("reason").value())));
      }
    }
    return reasons;
  }

  /** When each score was put on record, once, by {@code layer/block}. */
  private Map<String, Long> recorded(RunSpec spec) throws Exception {
    Map<String, Long> at = new HashMap<>();
    try (KafkaConsumer<String, byte[]> facts = consumer("puzzle-facts");
        Drive drive = new Drive(spec, 1, 1, new FakeEngine(), settings(), "hash")) {
      Set<String> written = journal(spec);
      Set<String> seen = new HashSet<>();
      long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
      while (!seen.containsAll(written) && System.nanoTime() < end) {
        for (ConsumerRecord<String, byte[]> record : facts.poll(Duration.ofMillis(200))) {
          JsonNode event = JSON.readTree(record.value());
          boolean fresh = seen.add(event.path("id").asText());
          if (fresh
              && event.path("type").asText().endsWith("task-finished")
              && event.path("subject").asText().startsWith("score/")) {
            long millis = Instant.parse(event.path("time").asText()).toEpochMilli();
            String id = event.path("subject").asText().substring("score/".length());
            assertEquals(null, at.put(id, millis), "scored twice");
          }
        }
      }
      assertTrue(drive.status().outcome() != null);
    }
    return at;
  }

  private KafkaProducer<String, byte[]> producer() {
    return new KafkaProducer<>(
        Map.of("bootstrap.servers", broker.servers(), "linger.ms", "5"),
        new StringSerializer(),
        new ByteArraySerializer());
  }

  private Config settings() {
    return ConfigFactory.parseMap(Map.of("puzzle.kafka.servers", broker.servers()))
        .withFallback(Examples.QUICK);
  }

  private KafkaConsumer<String, byte[]> consumer(String topic) {
    KafkaConsumer<String, byte[]> consumer =
        new KafkaConsumer<>(
            Map.of(
                "bootstrap.servers",
                broker.servers(),
                "group.id",
                "test-" + UUID.randomUUID(),
                "auto.offset.reset",
                "earliest"),
            new StringDeserializer(),
            new ByteArrayDeserializer());
    consumer.subscribe(List.of(topic));
    return consumer;
  }

  /** Ids of all events in the embedded journal. */
  private static Set<String> journal(RunSpec spec) throws Exception {
    Set<String> ids = new TreeSet<>();
    String url =
        "jdbc:h2:watched:"
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
