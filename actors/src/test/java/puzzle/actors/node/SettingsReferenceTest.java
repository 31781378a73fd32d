package puzzle.actors.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigResolveOptions;
import com.typesafe.config.ConfigValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The page of all settings says what the configuration files say, no more and no less. */
class SettingsReferenceTest {

  private static final Pattern ROW =
      Pattern.compile("(?m)^\\| `(puzzle\\.[\\w.-]+)` \\|([^|]*)\\|([^|]*)\\|");

  /** Sections that configure libraries, not Puzzle. */
  private static final String LIBRARIES =
      "puzzle\\.(journals|cassandra-driver|[\\w-]+-dispatcher|read-journal)\\b.*";

  @Test
  void everySettingIsOnThePageWithItsDefaults() throws IOException {
    Map<String, String> documented = new TreeMap<>();
    Matcher row = ROW.matcher(Files.readString(Path.of("../docs/settings.md")));
    while (row.find()) {
      documented.put(row.group(1), cell(row.group(2)) + " | " + cell(row.group(3)));
    }
    Map<String, String> alone = defaults(ConfigFactory.empty());
    Map<String, String> node = defaults(ConfigFactory.parseResources("node.conf"));
    Map<String, String> actual = new TreeMap<>();
    node.forEach(
        (name, value) -> {
          String here = alone.getOrDefault(name, "");
          actual.put(name, here + " | " + (value.equals(here) ? "" : value));
        });
    assertEquals(lines(actual), lines(documented));
    assertNotEquals(0, actual.size());
  }

  private static String lines(Map<String, String> settings) {
    StringBuilder lines = new StringBuilder();
    settings.forEach((name, value) -> lines.append(name).append(": ").append(value).append('\n'));
    return lines.toString();
  }

  private static String cell(String text) {
    return text.strip().replace("`", "");
  }

  private static Map<String, String> defaults(Config first) {
    Config all =
        first
            .withFallback(ConfigFactory.parseResourcesAnySyntax("application"))
            .withFallback(ConfigFactory.defaultReferenceUnresolved())
            .resolve(ConfigResolveOptions.noSystem());
    Map<String, String> defaults = new TreeMap<>();
    for (Map.Entry<String, ConfigValue> entry :
        all.getConfig("puzzle").atPath("puzzle").entrySet()) {
      if (!entry.getKey().matches(LIBRARIES)) {
        String text = all.getValue(entry.getKey()).unwrapped().toString();
        defaults.put(entry.getKey(), text.isEmpty() ? "(empty)" : text);
      }
    }
    return defaults;
  }
}
