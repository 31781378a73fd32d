package puzzle.engine.score;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Arrays;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.distil.Recording;
import puzzle.engine.distil.Recording.Place;
import puzzle.engine.distil.Recording.Split;
import puzzle.engine.distil.Steps;
import puzzle.engine.distil.Tape;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.Losses;
import puzzle.engine.nn.SubblockWeights;
import puzzle.engine.nn.Tensors;
import puzzle.model.Score;

/**
 * Replace-one-block scores: mean over tokens of KL(parent || modified), with exactly one block
 * replaced (section 4.2). The layers below are the parent's, so its recorded input of the layer
 * starts the run and only the suffix of the model is computed.
 */
public final class SuffixScorer {

  private final Decoder parent;
  private final Recording recording;
  private final int batch;

  /**
   * @param batch sequences per forward pass
   */
  public SuffixScorer(Decoder parent, Recording recording, int batch) {
    this.parent = parent;
    this.recording = recording;
    this.batch = batch;
  }

  /** Score with its standard error over sequences. Null weights stand for the parent's own. */
  public Score score(int layer, SubblockWeights attention, SubblockWeights ffn, Monitor monitor) {
    Tape inputs = recording.tape(layer, Split.SCORING, Place.INPUT);
    Tape parentLogits = recording.logits(Split.SCORING);
    SubblockWeights ownAttention = attention == null ? null : parent.replace(layer, attention);
    SubblockWeights ownFfn = ffn == null ? null : parent.replace(layer, ffn);
    try {
      int sequences = inputs.sequences();
      double[] kl = new double[sequences];
      for (int from = 0; from < sequences; from += batch) {
        int first = from;
        int count = Math.min(batch, sequences - from);
        float[] part =
            Tensors.inference(
                () -> {
                  NDManager manager = parent.manager();
                  NDArray x = inputs.read(manager, first, count);
                  for (int i = layer; i < parent.config().layers(); i++) {
                    x = parent.layer(i, x);
                  }
                  NDArray reference = parentLogits.read(manager, first, count);
                  return Losses.kl(parent.logits(x), reference).toFloatArray();
                });
        for (int i = 0; i < count; i++) {
          kl[first + i] = part[i];
        }
        Steps.check(monitor, first + count, sequences, Double.NaN);
      }
      return score(kl);
    } finally {
      if (ownAttention != null) {
        parent.replace(layer, ownAttention);
      }
      if (ownFfn != null) {
        parent.replace(layer, ownFfn);
      }
    }
  }

  private static Score score(double[] kl) {
    double mean = Arrays.stream(kl).average().orElseThrow();
    double squares = Arrays.stream(kl).map(x -> (x - mean) * (x - mean)).sum();
    double error = kl.length < 2 ? 0 : Math.sqrt(squares / (kl.length - 1.0) / kl.length);
    return Score.measured(mean, error);
  }
}
