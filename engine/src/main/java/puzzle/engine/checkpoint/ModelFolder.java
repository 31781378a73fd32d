package puzzle.engine.checkpoint;

import java.nio.file.Files;
import java.nio.file.Path;
import puzzle.engine.InvalidInputException;
import puzzle.engine.nn.DecoderConfig;

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
    TensorLayout.require(config, weights);
    return new ModelFolder(path, config, weights);
  }
}
