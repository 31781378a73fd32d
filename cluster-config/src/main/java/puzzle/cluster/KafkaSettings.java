package puzzle.cluster;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigValue;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The {@code puzzle.kafka} section: how an edge node talks to a broker.
 *
 * @param servers {@code host:port}, comma-separated
 * @param facts topic that every event of the journal is published on
 * @param commands topic that commands and measurements are read from
 * @param deadLetters topic for records that cannot be read or are refused, with the reason
 * @param group of the consumers
 * @param client further settings of Kafka's clients, for security above all
 */
public record KafkaSettings(
    String servers,
    String facts,
    String commands,
    String deadLetters,
    String group,
    Map<String, String> client) {

  public KafkaSettings {
    client = Map.copyOf(client);
  }

  /**
   * Reads the section of a whole configuration.
   *
   * @return empty if no server is named
   * @throws IllegalArgumentException naming the setting and where it was set
   */
  public static Optional<KafkaSettings> from(Config root) {
    try {
      Config c = root.getConfig("puzzle.kafka");
      if (c.getString("servers").isBlank()) {
        return Optional.empty();
      }
      Map<String, String> client = new TreeMap<>();
      for (Map.Entry<String, ConfigValue> e : c.getConfig("client").entrySet()) {
        client.put(e.getKey(), String.valueOf(e.getValue().unwrapped()));
      }
      return Optional.of(
          new KafkaSettings(
              c.getString("servers"),
              topic(c, "facts"),
              topic(c, "commands"),
              topic(c, "dead-letters"),
              topic(c, "group"),
              client));
    } catch (ConfigException e) {
      throw new IllegalArgumentException(
          e.getMessage() + "\nMaybe compare with kafka.conf in cluster-config.", e);
    }
  }

  private static String topic(Config c, String path) {
    String name = c.getString(path);
    if (!name.matches("[A-Za-z0-9._-]{1,249}")) {
      throw new IllegalArgumentException(
          "%s: puzzle.kafka.%s = '%s' is not a name that Kafka accepts.\nMaybe letters, digits, '.', '_', '-'."
              .formatted(c.getValue(path).origin().description(), path, name));
    }
    return name;
  }
}
