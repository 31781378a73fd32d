package puzzle.engine.huggingface;

import static puzzle.model.InvalidInputException.shown;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.json.JsonValue;
import puzzle.model.Block;

/** {@code puzzle.json}: where an exported child comes from, checked against the child. */
final class Provenance {

  static final String FILE = "puzzle.json";

  private Provenance() {}

  /** What does not agree with the model beside it, one line each. */
  static List<String> findings(Path folder, DecoderConfig config) {
    List<String> findings = new ArrayList<>();
    JsonValue fields = JsonValue.read(folder.resolve(FILE));
    String format = fields.text("format");
    boolean nemotron = HuggingFaceConfig.architectureOf("nemotron-nas").equals(own(folder));
    if (!format.equals(
        (nemotron ? ChildExporter.Format.NEMOTRON_NAS : ChildExporter.Format.ANYMODEL).tag())) {
      findings.add(FILE + ": format " + shown(format) + " is not that of config.json");
    }
    List<String> blocks = config.architecture().blocks().stream().map(Block::name).toList();
    List<String> noted = fields.texts("architecture");
    for (int layer = 0; layer < Math.max(blocks.size(), noted.size()); layer++) {
      String is = layer < blocks.size() ? blocks.get(layer) : "absent";
      String said = layer < noted.size() ? noted.get(layer) : "absent";
      if (!is.equals(said)) {
        findings.add(
            "%s: /architecture/%d is %s, config.json says %s"
                .formatted(FILE, layer, shown(said), is));
        break;
      }
    }
    if (!fields.has("provenance")) {
      findings.add(FILE + ": /provenance is missing: nothing says where the child comes from");
    }
    return findings;
  }

  private static String own(Path folder) {
    List<String> classes = JsonValue.read(folder.resolve("config.json")).texts("architectures");
    return classes.isEmpty() ? "" : classes.get(0);
  }
}
