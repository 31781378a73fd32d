package puzzle.actors.node;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import org.apache.pekko.cluster.Valid$;
import org.junit.jupiter.api.Test;

class JournalJoinCheckTest {

  @Test
  void onlyOneCoordinatorHasAnEmbeddedJournalAndAllHaveTheSame() {
    assertEquals(false, joins("embedded, coordinator", "embedded, coordinator"));
    assertEquals(false, joins("cassandra, coordinator", "embedded, coordinator"));
    assertEquals(true, joins("cassandra, coordinator", "cassandra, coordinator"));
    assertEquals(true, joins("embedded, gpu", "cassandra, coordinator"));
    assertEquals(true, joins("embedded, coordinator", "embedded, gpu"));
  }

  private static boolean joins(String joining, String present) {
    return new JournalJoinCheck().check(config(joining), config(present)) == Valid$.MODULE$;
  }

  private static Config config(String text) {
    String[] parts = text.split(", ");
    return ConfigFactory.parseString(
        "puzzle { journal = %s, roles = [%s] }".formatted(parts[0], parts[1]));
  }
}
