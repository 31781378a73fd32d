package puzzle.actors.runfile;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import puzzle.engine.EngineFactory.ParentShape;
import puzzle.engine.profile.hopper.ProfiledCosts;
import puzzle.model.InvalidInputException;
import puzzle.model.RunSpec;
import puzzle.model.Sha256;
import puzzle.model.TaskResult;

/**
 * A run file, read and checked, with every default filled in.
 *
 * @param spec paths in it are absolute
 * @param layers of the parent
 * @param resolved the same as a run file with nothing left out, which reads back as the same spec
 * @param hash SHA-256 of the resolved file without the store's place, hexadecimal
 */
public record RunFile(RunSpec spec, int layers, String resolved, String hash) {

  static final String API_VERSION = "puzzle/v1";

  private static final ObjectMapper YAML =
      new ObjectMapper(
          new YAMLFactory()
              .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
              .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
              .disable(YAMLGenerator.Feature.SPLIT_LINES));

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  /**
   * Reads a run file. Paths in it are relative to the file, the store's to {@code current}.
   *
   * @param shapes reads what defaults depend on from the parent's folder
   * @throws InvalidInputException with file, line and column
   */
  public static RunFile read(Path file, Path current, Function<Path, ParentShape> shapes) {
    YamlTree tree = YamlTree.read(file);
    RootSection root = new RootSection(file, current, shapes);
    RunSpec spec = root.section().read(tree);
    if (!spec.target().measuredLocally()) {
      tree.fields().get("target").checked(() -> profiled(spec));
    }
    int layers = root.shape().layers();
    Map<String, Object> resolved = root.section().write(spec);
    String yaml = written(YAML, resolved);
    // Where the store lies does not make it another run.
    resolved.remove("store");
    resolved.put("layers", layers);
    return new RunFile(spec, layers, yaml + root.sized(spec), Sha256.of(written(YAML, resolved)));
  }

  /** The JSON Schema of run files: what editors complete and underline. */
  public static String schema() {
    ObjectNode schema = JSON.createObjectNode();
    schema.put("$schema", "https://json-schema.org/draft/2020-12/schema");
    schema.put("$id", "urn:puzzle4j:run-file:v1");
    schema.setAll(described().schema());
    return written(JSON, schema) + "\n";
  }

  /** The keys of a run file, to be described. */
  static Section<RunSpec, ?> described() {
    return new RootSection(null, null, null).section();
  }

  /** Costs every variant once, so that what the hardware cannot serve is refused before work. */
  private static List<TaskResult.Profiled> profiled(RunSpec spec) {
    ProfiledCosts costs = ProfiledCosts.of(spec);
    return spec.target().goals().stream()
        .map(goal -> costs.profile(spec.space(), goal.workload()))
        .toList();
  }

  private static String written(ObjectMapper mapper, Object value) {
    try {
      return mapper.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
