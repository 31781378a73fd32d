package puzzle.persistence;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.persistence.cassandra.KeyspaceAndTableStatements;
import org.apache.pekko.persistence.cassandra.PluginSettings;
import org.junit.jupiter.api.Test;

/**
 * The shipped schema is the one the journal's plug-in would make. After a change of version or
 * settings: {@code -Dschema.write=FILE} writes what it has to be.
 */
class SchemaTest {

  private static final String PLUGIN = "puzzle.journals.cassandra";

  @Test
  void theShippedSchemaIsThatOfThePlugin() throws IOException {
    List<String> expected = ofThePlugin();
    if (System.getProperty("schema.write") != null) {
      Files.writeString(
          Path.of(System.getProperty("schema.write")), String.join(";\n\n", expected) + ";\n");
    }
    String shipped =
        new String(
            SchemaTest.class.getResourceAsStream("/cassandra/schema.cql").readAllBytes(),
            StandardCharsets.UTF_8);
    List<String> statements = new ArrayList<>();
    for (String statement : shipped.split(";")) {
      String words =
          statement.lines().filter(line -> !line.startsWith("--")).collect(Collectors.joining(" "));
      if (!words.isBlank()) {
        statements.add(words(words));
      }
    }
    assertEquals(
        String.join("\n", expected.stream().map(SchemaTest::words).toList()),
        String.join("\n", statements));
  }

  private static List<String> ofThePlugin() {
    Config config =
        ConfigFactory.parseString("pekko { loglevel = OFF, stdout-loglevel = OFF }")
            .withFallback(ConfigFactory.parseResources("persistence.conf"))
            .withFallback(ConfigFactory.defaultReferenceUnresolved())
            .resolve();
    ActorSystem system = ActorSystem.create("schema", config);
    try {
      KeyspaceAndTableStatements all =
          new KeyspaceAndTableStatements(
              system, PLUGIN, PluginSettings.apply(system, config.getConfig(PLUGIN)));
      List<String> statements = new ArrayList<>();
      statements.add(all.createJournalKeyspaceStatement());
      statements.addAll(all.getCreateJournalTablesStatements());
      statements.addAll(all.getCreateSnapshotTablesStatements());
      return statements.stream().map(String::strip).toList();
    } finally {
      system.terminate();
    }
  }

  private static String words(String statement) {
    return statement.replaceAll("\\s+", " ").strip();
  }
}
