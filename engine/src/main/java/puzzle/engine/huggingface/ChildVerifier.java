package puzzle.engine.huggingface;

import static puzzle.model.InvalidInputException.shown;

import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.files.Checksums;
import puzzle.engine.safetensors.SafetensorsFile;
import puzzle.engine.safetensors.SafetensorsFolder;
import puzzle.model.InvalidInputException;

/** Says whether a model's folder is whole and agrees with itself. */
public final class ChildVerifier {

  private static final int PART = 1 << 20;

  private ChildVerifier() {}

  /**
   * Checks the files against {@code SHA256SUMS}, the tensors and {@code puzzle.json} against {@code
   * config.json}, and that every weight is a finite number.
   *
   * @return what is wrong, one line each; empty for a sound folder
   * @throws InvalidInputException if there is no such folder
   */
  public static List<String> verify(Path folder) {
    HubCache.requireModel(folder);
    List<String> findings = new ArrayList<>(Checksums.findings(folder));
    try {
      DecoderConfig config = HuggingFaceConfig.read(folder);
      findings.addAll(Provenance.findings(folder, config));
      findings.addAll(NamedCode.findings(folder));
      SafetensorsFolder weights = SafetensorsFolder.open(folder);
      WeightFindings.of(config, weights).forEach(finding -> findings.add(finding.what()));
      for (String name : weights.names()) {
        if (!finite(weights.shard(name), name)) {
          findings.add("tensor " + shown(name) + " holds NaN or infinite values");
        }
      }
    } catch (InvalidInputException e) {
      findings.add(e.getMessage().lines().findFirst().orElse("unreadable"));
    }
    return findings;
  }

  /** In parts, so that no tensor is too large. */
  private static boolean finite(SafetensorsFile file, String name) {
    long elements = file.type(name).floating() ? file.elements(name) : 0;
    for (long first = 0; first < elements; first += PART) {
      FloatBuffer part = file.fp32(name, first, (int) Math.min(PART, elements - first));
      for (int i = 0; i < part.limit(); i++) {
        if (!Float.isFinite(part.get(i))) {
          return false;
        }
      }
    }
    return true;
  }
}
