package puzzle.actors.kafka;

import org.apache.pekko.actor.typed.ActorSystem;
import puzzle.actors.edge.Commands;
import puzzle.cluster.KafkaSettings;

/** What an edge node has to do with Kafka. */
public final class KafkaEdge {

  private KafkaEdge() {}

  /** Starts what publishes and what listens; neither delays the node if the broker is down. */
  public static void start(ActorSystem<?> system, KafkaSettings settings, Commands commands) {
    FactsToKafka.start(system, settings);
    CommandsFromKafka.start(system, settings, commands);
  }
}
