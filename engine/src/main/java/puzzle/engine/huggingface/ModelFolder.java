package puzzle.engine.huggingface;

import java.nio.file.Path;
import java.util.List;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.safetensors.SafetensorsFolder;
import puzzle.model.InvalidInputException;

/**
 * A model as a Hugging Face folder: its config, and weights in the shapes it says.
 *
 * @param weights read when asked for
 */
public record ModelFolder(Path path, DecoderConfig config, SafetensorsFolder weights) {

  /**
   * Reads config and headers.
   *
   * @throws InvalidInputException naming file and place, if anything is missing, unsound or of
   *     another model
   */
  public static ModelFolder open(Path path) {
    DecoderConfig config = HuggingFaceConfig.read(path);
    SafetensorsFolder weights = SafetensorsFolder.open(path);
    List<WeightFindings> findings = WeightFindings.of(config, weights);
    if (!findings.isEmpty()) {
      WeightFindings first = findings.get(0);
      String others = findings.size() > 1 ? ", and " + (findings.size() - 1) + " more" : "";
      throw new InvalidInputException(
          "%s: %s%s.%nMaybe %s.".formatted(path, first.what(), others, first.maybe()));
    }
    return new ModelFolder(path, config, weights);
  }
}
