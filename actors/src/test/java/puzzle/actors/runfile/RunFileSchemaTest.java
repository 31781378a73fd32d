package puzzle.actors.runfile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.engine.EngineFactory.ParentShape;
import puzzle.model.InvalidInputException;

/** The schema that editors read and the reader that runs obey say the same. */
class RunFileSchemaTest {

  private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

  private static final String LEAST =
      """
      apiVersion: puzzle/v1
      parent: parent
      corpus: {source: "classpath:text.gz"}
      target:
        workload: {batch: 32, prefill: 128, generate: 32}
        limits: {memory: 0.7 x parent}
      """;

  @TempDir Path folder;
  private Schema schema;

  @BeforeEach
  void read() throws IOException {
    Files.createDirectories(folder.resolve("parent"));
    schema =
        SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(RunFile.schema());
  }

  /** {@code -Drunfile.write=true} writes both anew. */
  @Test
  void theShippedSchemaAndPageAreWhatTheSectionsSay() throws IOException {
    Path shippedSchema = Path.of("../docs/run-file.schema.json");
    Path shippedPage = Path.of("../docs/run-file.md");
    if (Boolean.getBoolean("runfile.write")) {
      Files.writeString(shippedSchema, RunFile.schema());
      Files.writeString(shippedPage, RunFilePage.print());
    }
    assertEquals(Files.readString(shippedSchema), RunFile.schema());
    assertEquals(Files.readString(shippedPage), RunFilePage.print());
  }

  @Test
  void everyKeyIsExplained() {
    everyKeyIsExplained("", RunFile.described());
  }

  private static void everyKeyIsExplained(String path, Section<?, ?> section) {
    for (Section<?, ?>.Key<?> key : section.keys()) {
      String at = path + key.name;
      assertFalse(key.meaning().isBlank(), at);
      assertTrue(key.meaning().endsWith("."), at);
      assertFalse(key.value.form().isBlank(), at);
      if (key.value instanceof Section<?, ?> below) {
        everyKeyIsExplained(at + ".", below);
      } else {
        assertTrue(key.required() || !key.otherwise().isEmpty(), at + " without a default");
      }
    }
  }

  @Test
  void takesTheExamples() throws IOException {
    List<Path> files;
    try (var found = Files.walk(Path.of("../examples"))) {
      files = found.filter(f -> f.toString().endsWith(".yaml")).toList();
    }
    assertFalse(files.isEmpty());
    for (Path file : files) {
      assertEquals(List.of(), schema.validate(YAML.readTree(file.toFile())), file.toString());
    }
  }

  @Test
  void takesEverySettingThatTheReaderWritesOut() throws IOException {
    JsonNode resolved = YAML.readTree(accepted(YAML.readTree(LEAST)).resolved());
    assertEquals(List.of(), schema.validate(resolved));
  }

  @Test
  void theReaderTakesEverySettingOfTheSchemaAndItsDefaultChangesNothing() throws IOException {
    String plain = accepted(YAML.readTree(LEAST)).hash();
    JsonNode sections = YAML.readTree(RunFile.schema()).path("properties");
    List<String> tried = new ArrayList<>();
    for (String section : List.of("bld", "scoring", "profiling", "gkd", "retries", "corpus")) {
      JsonNode settings = sections.path(section).path("properties");
      settings
          .fieldNames()
          .forEachRemaining(
              name -> {
                JsonNode value = settings.path(name).path("default");
                if (!value.isMissingNode()) {
                  ObjectNode file = tree(LEAST);
                  file.withObjectProperty(section).set(name, value);
                  assertEquals(plain, accepted(file).hash(), section + "." + name);
                  tried.add(section + "." + name);
                }
              });
    }
    assertTrue(tried.size() > 20, "defaults in the schema: " + tried);
  }

  @Test
  void refusesWhatTheReaderRefuses() throws IOException {
    for (String wrong :
        List.of(
            "apiVersion: puzzle/v2",
            "seed: -1",
            "seed: many",
            "bld: {step: 3}",
            "bld: {learningRate: -1}",
            "scoring: {batch: 0}",
            "gkd: {losses: [mse]}",
            "space: {ffn: [wide]}",
            "space: {layers: {top: {}}}",
            "bld: {microBatch: -1}",
            "retries: {jitter: 2}",
            "name: a/b",
            "target: {}",
            "target: {workload: {batch: 1, prefill: 1}}",
            "corpus: {}")) {
      ObjectNode file = tree(LEAST);
      file.setAll(tree(wrong));
      List<Error> messages = schema.validate(file);
      assertFalse(messages.isEmpty(), "the schema takes " + wrong);
      assertThrows(InvalidInputException.class, () -> accepted(file), "the reader takes " + wrong);
    }
  }

  private RunFile accepted(JsonNode file) {
    try {
      Path path = Files.writeString(folder.resolve("puzzle.yaml"), YAML.writeValueAsString(file));
      return RunFile.read(path, folder, parent -> new ParentShape(4, 8, 1024));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static ObjectNode tree(String yaml) {
    try {
      return (ObjectNode) YAML.readTree(yaml);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(yaml, e);
    }
  }
}
