package puzzle.persistence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.serialization.Serializers;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Bytes of journals written by earlier versions still load. A line is a manifest and Base64; lines
 * are only added: run with {@code -Dgolden.append=FILE} to write those of the present version.
 */
class GoldenEventsTest {

  private static ActorSystem system;
  private static Serialization serialization;

  @BeforeAll
  static void start() {
    system =
        ActorSystem.create(
            "golden",
            ConfigFactory.parseString(
                    """
                    pekko {
                      loglevel = OFF
                      stdout-loglevel = OFF
                      actor.serialization-bindings { "puzzle.protocol.Wire" = jackson-cbor }
                      serialization.jackson.jackson-cbor.compression.algorithm = off
                    }
                    """)
                .withFallback(ConfigFactory.defaultReference()));
    serialization = SerializationExtension.get(system);
  }

  @AfterAll
  static void stop() {
    system.terminate();
  }

  @Test
  void everyEventOfTheFirstVersionIsReadAsItWasMeant() throws IOException {
    String append = System.getProperty("golden.append");
    if (append != null) {
      write(Path.of(append));
    }
    List<String> lines =
        new String(
                GoldenEventsTest.class.getResourceAsStream("/golden-v1.txt").readAllBytes(),
                StandardCharsets.UTF_8)
            .lines()
            .toList();
    List<Object> expected = events();
    assertEquals(expected.size(), lines.size());
    for (int i = 0; i < lines.size(); i++) {
      String[] parts = lines.get(i).split(" ");
      Object read =
          serialization
              .deserialize(
                  Base64.getDecoder().decode(parts[2]), Integer.parseInt(parts[0]), parts[1])
              .get();
      assertEquals(expected.get(i), read);
    }
  }

  @Test
  void everyKindOfEventHasAGoldenExample() {
    Set<Class<?>> covered = new HashSet<>();
    events().forEach(e -> covered.add(e.getClass()));
    for (Class<?> sealed : List.of(RunEvent.class, LayerEvent.class, GkdEvent.class)) {
      for (Class<?> kind : sealed.getPermittedSubclasses()) {
        if (kind != TaskEvent.class) {
          assertTrue(covered.contains(kind), kind + " has an example");
        }
      }
    }
    for (Class<?> kind : TaskEvent.class.getPermittedSubclasses()) {
      assertTrue(covered.contains(kind), kind + " has an example");
    }
  }

  private static List<Object> events() {
    List<Object> all = new ArrayList<>();
    all.addAll(Facts.RUN_EVENTS);
    all.addAll(Facts.TASK_EVENTS);
    all.addAll(Facts.LAYER_EVENTS);
    all.addAll(Facts.GKD_EVENTS);
    all.addAll(Facts.LATER_TASK_EVENTS);
    all.addAll(Facts.LATER_EVENTS);
    all.addAll(Facts.LATER_RUN_EVENTS);
    all.addAll(Facts.ORDER_EVENTS);
    all.addAll(Facts.COST_EVENTS);
    return all;
  }

  private static void write(Path file) throws IOException {
    StringBuilder text = new StringBuilder();
    for (Object event : events()) {
      var serializer = serialization.findSerializerFor(event);
      text.append(serializer.identifier())
          .append(' ')
          .append(Serializers.manifestFor(serializer, event))
          .append(' ')
          .append(Base64.getEncoder().encodeToString(serialization.serialize(event).get()))
          .append('\n');
    }
    Files.writeString(file, text);
  }
}
