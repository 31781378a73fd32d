package puzzle.actors.kafka;

import com.typesafe.config.Config;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.cluster.sharding.typed.ShardedDaemonProcessSettings;
import org.apache.pekko.cluster.sharding.typed.javadsl.ShardedDaemonProcess;
import org.apache.pekko.kafka.ProducerSettings;
import org.apache.pekko.persistence.query.Offset;
import org.apache.pekko.projection.ProjectionBehavior;
import org.apache.pekko.projection.ProjectionId;
import org.apache.pekko.projection.cassandra.javadsl.CassandraProjection;
import org.apache.pekko.projection.eventsourced.EventEnvelope;
import org.apache.pekko.projection.eventsourced.javadsl.EventSourcedProvider;
import org.apache.pekko.projection.javadsl.GroupedProjection;
import org.apache.pekko.projection.javadsl.Handler;
import org.apache.pekko.projection.javadsl.SourceProvider;
import org.apache.pekko.projection.jdbc.javadsl.JdbcProjection;
import puzzle.actors.feed.FactJson;
import puzzle.actors.feed.JournalFact;
import puzzle.actors.feed.Position;
import puzzle.cluster.KafkaSettings;
import puzzle.cluster.NodeRole;
import puzzle.persistence.Journal;
import puzzle.persistence.Tags;

/**
 * Publishes every event of the journal, each entity's in order, at least once: the offset is stored
 * after the broker has acknowledged. Where the broker is away it waits; nothing else does.
 */
final class FactsToKafka {

  private static final String NAME = "facts-to-kafka";
  private static final byte[] STRUCTURED =
      "application/cloudevents+json; charset=UTF-8".getBytes(StandardCharsets.US_ASCII);
  private static final int GROUP = 100;
  private static final Duration GROUP_WITHIN = Duration.ofMillis(50);
  private static final Duration RESTART_LEAST = Duration.ofMillis(500);
  private static final Duration RESTART_MOST = Duration.ofSeconds(10);

  private FactsToKafka() {}

  /** Starts the projection, once in the whole cluster. */
  static void start(ActorSystem<?> system, KafkaSettings settings) {
    tables(system)
        .whenComplete(
            (done, failure) -> {
              if (failure != null) {
                system.log().error("no table for Kafka's offsets, nothing is published", failure);
              } else {
                init(system, settings);
              }
            });
  }

  /** In production they are made with the journal's; making them again changes nothing. */
  private static CompletionStage<Done> tables(ActorSystem<?> system) {
    Config config = system.settings().config();
    return switch (Journal.of(config)) {
      case EMBEDDED, POSTGRESQL ->
          JdbcProjection.createTablesIfNotExists(() -> new JournalSession(config), system);
      case CASSANDRA -> CassandraProjection.createTablesIfNotExists(system);
    };
  }

  private static void init(ActorSystem<?> system, KafkaSettings settings) {
    ShardedDaemonProcess.get(system)
        .init(
            ProjectionBehavior.Command.class,
            NAME,
            1,
            n -> ProjectionBehavior.create(projection(system, settings)),
            ShardedDaemonProcessSettings.create(system).withRole(NodeRole.EDGE.label()),
            Optional.of(ProjectionBehavior.stopMessage()));
  }

  private static GroupedProjection<Offset, EventEnvelope<Object>> projection(
      ActorSystem<?> system, KafkaSettings settings) {
    Config config = system.settings().config();
    SourceProvider<Offset, EventEnvelope<Object>> events =
        EventSourcedProvider.eventsByTag(
            system, config.getString("puzzle.read-journal"), Tags.FACT);
    Producer<String, byte[]> producer = producer(system, settings);
    system.classicSystem().registerOnTermination(() -> producer.close(Duration.ZERO));
    Executor blocking = system.dispatchers().lookup(DispatcherSelector.blocking());
    ProjectionId id = ProjectionId.of(NAME, settings.facts());
    GroupedProjection<Offset, EventEnvelope<Object>> projection =
        switch (Journal.of(config)) {
          case EMBEDDED, POSTGRESQL ->
              JdbcProjection.groupedWithinAsync(
                  id,
                  events,
                  () -> new JournalSession(config),
                  () -> new Publisher(producer, settings.facts(), blocking),
                  system);
          case CASSANDRA ->
              CassandraProjection.groupedWithin(
                  id, events, () -> new Publisher(producer, settings.facts(), blocking));
        };
    return projection
        .withGroup(GROUP, GROUP_WITHIN)
        .withRestartBackoff(RESTART_LEAST, RESTART_MOST, 0.2);
  }

  static Producer<String, byte[]> producer(ActorSystem<?> system, KafkaSettings settings) {
    return ProducerSettings.create(system, new StringSerializer(), new ByteArraySerializer())
        .withBootstrapServers(settings.servers())
        .withProperty("acks", "all")
        // How long a send waits for a broker that was never reached.
        .withProperty("max.block.ms", "10000")
        .withProperties(settings.client())
        .createKafkaProducer();
  }

  /** Completes once the broker has the record. */
  static CompletableFuture<Void> send(
      Producer<String, byte[]> producer, ProducerRecord<String, byte[]> record) {
    CompletableFuture<Void> acknowledged = new CompletableFuture<>();
    producer.send(
        record,
        (metadata, failure) -> {
          if (failure == null) {
            acknowledged.complete(null);
          } else {
            acknowledged.completeExceptionally(failure);
          }
        });
    return acknowledged;
  }

  private static final class Publisher extends Handler<List<EventEnvelope<Object>>> {

    private final Producer<String, byte[]> producer;
    private final String topic;
    private final Executor blocking;

    Publisher(Producer<String, byte[]> producer, String topic, Executor blocking) {
      this.producer = producer;
      this.topic = topic;
      this.blocking = blocking;
    }

    /** Sent one after the other by one thread, which is what keeps their order. */
    @Override
    public CompletionStage<Done> process(List<EventEnvelope<Object>> envelopes) {
      return CompletableFuture.supplyAsync(
              () ->
                  envelopes.stream()
                      .map(e -> send(producer, record(e)))
                      .toArray(CompletableFuture[]::new),
              blocking)
          .thenCompose(CompletableFuture::allOf)
          .thenApply(none -> Done.getInstance());
    }

    /** In structured mode: the whole CloudEvent is the record's value. */
    private ProducerRecord<String, byte[]> record(EventEnvelope<Object> e) {
      JournalFact fact =
          new JournalFact(
              new Position(e.offset()),
              e.persistenceId(),
              e.sequenceNr(),
              Instant.ofEpochMilli(e.timestamp()),
              e.event());
      ProducerRecord<String, byte[]> record =
          new ProducerRecord<>(topic, fact.run(), FactJson.bytes(fact.cloudEvent()));
      record.headers().add("content-type", STRUCTURED);
      return record;
    }
  }
}
