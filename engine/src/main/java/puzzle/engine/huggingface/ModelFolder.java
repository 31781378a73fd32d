package puzzle.engine.huggingface;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.TensorLayout;
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
    if (!Files.isDirectory(path)) {
      throw new InvalidInputException(
          path + ": no such folder.\nMaybe the path is relative to another folder.");
    }
    DecoderConfig config = HuggingFaceConfig.read(path);
    SafetensorsFolder weights = SafetensorsFolder.open(path);
    List<String> findings = TensorLayout.findings(config, weights);
    if (!findings.isEmpty()) {
      String others = findings.size() > 1 ? ", and " + (findings.size() - 1) + " more" : "";
      throw new InvalidInputException(
          "%s: %s%s.\nMaybe config.json and the weights are of different models, or a shard is missing."
              .formatted(path, findings.get(0), others));
    }
    return new ModelFolder(path, config, weights);
  }
}
