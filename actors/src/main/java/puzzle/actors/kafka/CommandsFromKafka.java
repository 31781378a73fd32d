package puzzle.actors.kafka;

import com.fasterxml.jackson.databind.JsonNode;
import io.cloudevents.CloudEvent;
import io.cloudevents.kafka.KafkaMessageFactory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.kafka.CommitterSettings;
import org.apache.pekko.kafka.ConsumerMessage;
import org.apache.pekko.kafka.ConsumerSettings;
import org.apache.pekko.kafka.Subscriptions;
import org.apache.pekko.kafka.javadsl.Committer;
import org.apache.pekko.kafka.javadsl.Consumer;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.RestartSettings;
import org.apache.pekko.stream.UniqueKillSwitch;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.RestartSource;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import puzzle.actors.edge.Commands;
import puzzle.actors.feed.FactJson;
import puzzle.actors.feed.JournalFact;
import puzzle.cluster.KafkaSettings;

/**
 * Reads orders and measurements, in the order of each partition. A record's offset is committed
 * once what it asked for is on record in the journal; what cannot be read or is refused goes to the
 * dead-letter topic with the reason; where the journal or the run does not answer, the stream goes
 * back to the last commit and tries again. So each record takes effect at least once, and since
 * orders and deliveries can be repeated, once.
 */
final class CommandsFromKafka {

  private static final String PREFIX = JournalFact.TYPE_PREFIX + "command.";
  private static final int GROUP = 5000;
  private static final Duration GROUP_WITHIN = Duration.ofMillis(20);
  private static final RestartSettings RESTARTS =
      RestartSettings.create(Duration.ofMillis(500), Duration.ofSeconds(10), 0.2);

  /** A record that could be read. */
  private record Command(String run, String name, JsonNode data) {}

  private final ActorSystem<?> system;
  private final KafkaSettings settings;
  private final Commands commands;
  private final Producer<String, byte[]> producer;

  private CommandsFromKafka(ActorSystem<?> system, KafkaSettings settings, Commands commands) {
    this.system = system;
    this.settings = settings;
    this.commands = commands;
    this.producer = FactsToKafka.producer(system, settings);
  }

  /** Starts to read; several edge nodes share the topic's partitions. */
  static void start(ActorSystem<?> system, KafkaSettings settings, Commands commands) {
    CommandsFromKafka reader = new CommandsFromKafka(system, settings, commands);
    UniqueKillSwitch stop =
        RestartSource.onFailuresWithBackoff(RESTARTS, reader::stream)
            .viaMat(KillSwitches.single(), Keep.right())
            .to(Sink.ignore())
            .run(system);
    system
        .classicSystem()
        .registerOnTermination(
            () -> {
              stop.shutdown();
              reader.producer.close(Duration.ZERO);
            });
  }

  private Source<Done, NotUsed> stream() {
    ConsumerSettings<String, byte[]> consumer =
        ConsumerSettings.create(system, new StringDeserializer(), new ByteArrayDeserializer())
            .withBootstrapServers(settings.servers())
            .withGroupId(settings.group())
            .withProperty("auto.offset.reset", "earliest")
            .withProperty("max.poll.records", "2000")
            .withProperties(settings.client());
    return Consumer.committableSource(consumer, Subscriptions.topics(settings.commands()))
        .groupedWithin(GROUP, GROUP_WITHIN)
        .mapAsync(1, this::apply)
        .<ConsumerMessage.Committable>mapConcat(offsets -> offsets)
        .via(Committer.flow(CommitterSettings.create(system)))
        .mapMaterializedValue(control -> NotUsed.getInstance());
  }

  /** Neighbouring measurements of one run are handed over together; all else one by one. */
  private CompletionStage<List<ConsumerMessage.Committable>> apply(
      List<ConsumerMessage.CommittableMessage<String, byte[]>> messages) {
    CompletionStage<Void> done = CompletableFuture.completedStage(null);
    List<ConsumerRecord<String, byte[]>> records = new ArrayList<>();
    List<Command> together = new ArrayList<>();
    for (var message : messages) {
      ConsumerRecord<String, byte[]> record = message.record();
      Command command;
      try {
        command = read(record);
      } catch (IllegalArgumentException e) {
        done = done.thenCompose(d -> bury(record, e.getMessage()));
        continue;
      }
      boolean measurements = command.name().equals(Commands.MEASUREMENTS);
      if (!together.isEmpty() && (!measurements || !together.get(0).run().equals(command.run()))) {
        done = then(done, records, together);
        records = new ArrayList<>();
        together = new ArrayList<>();
      }
      if (measurements) {
        records.add(record);
        together.add(command);
      } else {
        done = done.thenCompose(d -> obey(command)).thenCompose(refusal -> bury(record, refusal));
      }
    }
    if (!together.isEmpty()) {
      done = then(done, records, together);
    }
    return done.thenApply(
        d ->
            messages.stream()
                .<ConsumerMessage.Committable>map(m -> m.committableOffset())
                .toList());
  }

  private CompletionStage<String> obey(Command command) {
    return command.name().equals(Commands.SUBMIT)
        ? commands.submit(command.data())
        : commands.order(command.run(), command.name(), command.data());
  }

  private CompletionStage<Void> then(
      CompletionStage<Void> before,
      List<ConsumerRecord<String, byte[]>> records,
      List<Command> together) {
    return before
        .thenCompose(
            d ->
                commands.deliver(
                    together.get(0).run(), together.stream().map(Command::data).toList()))
        .thenCompose(
            refusals -> {
              CompletionStage<Void> buried = CompletableFuture.completedStage(null);
              for (int i = 0; i < refusals.size(); i++) {
                ConsumerRecord<String, byte[]> record = records.get(i);
                String refusal = refusals.get(i);
                buried = buried.thenCompose(d -> bury(record, refusal));
              }
              return buried;
            });
  }

  /**
   * Reads a CloudEvent, in structured or binary mode.
   *
   * @throws IllegalArgumentException with the reason
   */
  private static Command read(ConsumerRecord<String, byte[]> record) {
    CloudEvent event;
    JsonNode data;
    try {
      event = KafkaMessageFactory.createReader(record).toEvent();
      data =
          event.getData() == null
              ? FactJson.MAPPER.createObjectNode()
              : FactJson.MAPPER.readTree(event.getData().toBytes());
    } catch (IOException | RuntimeException e) {
      throw new IllegalArgumentException("not a CloudEvent with JSON: " + e.getMessage(), e);
    }
    String name =
        event.getType().startsWith(PREFIX) ? event.getType().substring(PREFIX.length()) : "";
    if (!Commands.knows(name)) {
      throw new IllegalArgumentException("unknown type '" + event.getType() + "'");
    }
    if (event.getExtension("run") instanceof String run) {
      return new Command(run, name, data);
    }
    if (name.equals(Commands.SUBMIT)) {
      return new Command("", name, data);
    }
    throw new IllegalArgumentException("the extension attribute 'run' is missing");
  }

  /**
   * Puts a record that has no effect on the dead-letter topic.
   *
   * @param reason empty if there is nothing to bury
   */
  private CompletionStage<Void> bury(ConsumerRecord<String, byte[]> record, String reason) {
    if (reason.isEmpty()) {
      return CompletableFuture.completedStage(null);
    }
    ProducerRecord<String, byte[]> dead =
        new ProducerRecord<>(
            settings.deadLetters(), null, record.key(), record.value(), record.headers());
    dead.headers()
        .add("reason", reason.getBytes(StandardCharsets.UTF_8))
        .add(
            "origin",
            "%s/%d/%d"
                .formatted(record.topic(), record.partition(), record.offset())
                .getBytes(StandardCharsets.UTF_8));
    return FactsToKafka.send(producer, dead);
  }
}
