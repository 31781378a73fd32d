package puzzle.engine.score;

import ai.djl.ndarray.NDArray;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import puzzle.engine.huggingface.ChildVerifier;
import puzzle.engine.huggingface.ModelFolder;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.Passes;
import puzzle.engine.nn.Residency;
import puzzle.engine.nn.Tensors;
import puzzle.model.InvalidInputException;
import puzzle.model.Precision;

/** Says whether an exported folder is whole, agrees with itself, and computes. */
public final class TrialRun {

  private static final int TOKENS = 16;

  private TrialRun() {}

  /**
   * Checks files, layout and provenance; where they hold, loads the model and runs a few tokens
   * from all over its vocabulary.
   *
   * @return what is wrong, one line each; empty for a sound folder
   * @throws InvalidInputException if there is no such folder
   */
  public static List<String> findings(Path folder) {
    List<String> findings = new ArrayList<>(ChildVerifier.verify(folder));
    if (findings.isEmpty() && !finite(ModelFolder.open(folder))) {
      findings.add("the model's logits are not finite numbers");
    }
    return findings;
  }

  private static boolean finite(ModelFolder folder) {
    int vocabulary = folder.config().vocabSize();
    int[][] ids = new int[1][Math.min(TOKENS, folder.config().maxPositions())];
    Arrays.setAll(ids[0], i -> (int) ((long) i * vocabulary / TOKENS));
    boolean[] finite = {true};
    try (Decoder model =
        Residency.AUTO.open(folder.config(), folder.weights(), ids[0].length, Precision.FP32)) {
      Passes.run(
          model,
          0,
          1,
          1,
          (from, count) -> model.embed(Tensors.ids(model.manager(), ids, 0, ids[0].length)),
          (from, count, states) -> finite[0] = finite(model.logits(states)),
          () -> {});
    }
    return finite[0];
  }

  private static boolean finite(NDArray logits) {
    for (float logit : logits.toFloatArray()) {
      if (!Float.isFinite(logit)) {
        return false;
      }
    }
    return true;
  }
}
