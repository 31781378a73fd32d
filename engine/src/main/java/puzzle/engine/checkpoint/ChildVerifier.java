package puzzle.engine.checkpoint;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import puzzle.engine.InvalidInputException;
import puzzle.engine.nn.DecoderConfig;

/** Says whether a model's folder is whole and agrees with itself. */
public final class ChildVerifier {

  private ChildVerifier() {}

  /**
   * Checks the files against {@code SHA256SUMS} and the tensors against {@code config.json}.
   *
   * @return what is wrong, one line each; empty for a sound folder
   * @throws InvalidInputException if there is no such folder
   */
  public static List<String> verify(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new InvalidInputException(
          folder + ": no such folder.\nMaybe the path is relative to another folder.");
    }
    List<String> findings = new ArrayList<>(Checksums.findings(folder));
    try {
      DecoderConfig config = HuggingFaceConfig.read(folder);
      findings.addAll(TensorLayout.findings(config, SafetensorsFolder.open(folder)));
    } catch (InvalidInputException e) {
      findings.add(e.getMessage().lines().findFirst().orElse("unreadable"));
    }
    return findings;
  }
}
