package puzzle.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;

class PuzzleSettingsTest {

  private static final Config DEFAULTS = ConfigFactory.parseResources("puzzle.conf");

  @Test
  void theDefaultsAreValidAndDoEverythingOnOneNode() {
    PuzzleSettings settings = PuzzleSettings.from(DEFAULTS.resolve());
    assertEquals(EnumSet.allOf(NodeRole.class), settings.roles());
    assertEquals(2, settings.gpu().devices());
  }

  @Test
  void aWrongSettingIsNamedWithItsValue() {
    refused("puzzle.gpu.devices = -1", "puzzle.gpu.devices = -1 is under 0");
    refused("puzzle.gpu.heartbeat = 0s", "puzzle.gpu.heartbeat = 0s is not a positive duration");
    refused("puzzle.gpu.heartbeat = soon", "gpu.heartbeat");
    refused("puzzle.lease.duration = 1s", "under three heartbeats");
    refused("puzzle.roles = [gpu, clown]", "unknown role 'clown'");
    refused("puzzle.roles = []", "has no role");
    refused("puzzle.snapshots.every = many", "snapshots.every");
  }

  private static void refused(String setting, String part) {
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () ->
                    PuzzleSettings.from(
                        ConfigFactory.parseString(setting).withFallback(DEFAULTS).resolve()))
            .getMessage();
    assertTrue(message.contains(part), message);
    assertTrue(message.contains("\nMaybe "), message);
  }
}
