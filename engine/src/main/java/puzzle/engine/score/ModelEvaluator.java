package puzzle.engine.score;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Arrays;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.distil.Recording;
import puzzle.engine.distil.Recording.Split;
import puzzle.engine.distil.Steps;
import puzzle.engine.distil.Tape;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.Losses;
import puzzle.engine.nn.Tensors;

/** Loss of a whole model and its divergence from the parent, on sequences no task trained on. */
public final class ModelEvaluator {

  /**
   * Means over tokens, nats.
   *
   * @param kl of the parent from the model, KL(parent || model)
   */
  public record Quality(double loss, double kl) {}

  private ModelEvaluator() {}

  public static Quality evaluate(Decoder model, Recording recording, int batch, Monitor monitor) {
    int[][] sequences = recording.tokens(Split.EVALUATION);
    Tape parentLogits = recording.logits(Split.EVALUATION);
    int length = sequences[0].length - 1;
    double loss = 0;
    double kl = 0;
    for (int from = 0; from < sequences.length; from += batch) {
      int first = from;
      int count = Math.min(batch, sequences.length - from);
      int[][] ids = Arrays.copyOfRange(sequences, from, from + count);
      double[] sums =
          Tensors.inference(
              () -> {
                NDManager manager = model.manager();
                NDArray x = model.embed(Tensors.ids(manager, ids, 0, length));
                for (int layer = 0; layer < model.config().layers(); layer++) {
                  x = model.layer(layer, x);
                }
                NDArray logits = model.logits(x);
                NDArray targets = Tensors.ids(manager, ids, 1, length);
                NDArray reference = parentLogits.read(manager, first, count);
                return new double[] {
                  Losses.nll(logits, targets).sum().getFloat(),
                  Losses.kl(logits, reference).sum().getFloat()
                };
              });
      loss += sums[0];
      kl += sums[1];
      Steps.check(monitor, first + count, sequences.length, Double.NaN);
    }
    return new Quality(loss / sequences.length, kl / sequences.length);
  }
}
