package puzzle.engine.nn;

import ai.djl.ndarray.NDArray;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A decoder over many sequences, in batches. With all weights in memory each batch goes through the
 * whole model; layer by layer, all batches go through a layer before the next one is read, their
 * states waiting in memory, as many at a time as the bound allows. Both do the same arithmetic on
 * the same batches, so their results agree to the bit.
 */
public final class Passes {

  /** States that may wait between two layers: 256 MiB. */
  private static final long WAITING_FLOATS = 64L << 20;

  /** Where a pass starts. */
  public interface Input {
    /** States of consecutive sequences, [count, tokens, hidden]. */
    NDArray states(int from, int count);
  }

  /** Where a pass ends. */
  public interface Output {
    /**
     * Takes the logits of consecutive sequences, [count, tokens, vocabulary]; batches come in
     * order.
     */
    void logits(int from, int count, NDArray logits);
  }

  private Passes() {}

  /**
   * Runs the model from one of its layers on.
   *
   * @param first layer; its input is given
   * @param sequences in all
   * @param batch sequences at once
   * @param tick called after each batch of a layer, or of the model
   */
  public static void run(
      Decoder model,
      int first,
      int sequences,
      int batch,
      Input input,
      Output output,
      Runnable tick) {
    if (!model.resident()) {
      layerByLayer(model, first, sequences, batch, input, output, tick, WAITING_FLOATS);
      return;
    }
    for (int from = 0; from < sequences; from += batch) {
      int start = from;
      int count = Math.min(batch, sequences - from);
      Tensors.inference(
          () -> {
            NDArray x = input.states(start, count);
            for (int layer = first; layer < model.config().layers(); layer++) {
              x = model.layer(layer, x);
            }
            output.logits(start, count, model.logits(x));
            return null;
          });
      tick.run();
    }
  }

  /**
   * @param waiting elements that may wait between two layers; a batch at least
   */
  static void layerByLayer(
      Decoder model,
      int first,
      int sequences,
      int batch,
      Input input,
      Output output,
      Runnable tick,
      long waiting) {
    int from = 0;
    while (from < sequences) {
      List<float[]> states = new ArrayList<>();
      long[] shape = null;
      long floats = 0;
      int group = from;
      while (group < sequences && (states.isEmpty() || floats < waiting)) {
        int start = group;
        int count = Math.min(batch, sequences - group);
        long[][] seen = new long[1][];
        states.add(
            Tensors.inference(
                () -> {
                  NDArray x = input.states(start, count);
                  seen[0] = x.getShape().getShape();
                  return values(x);
                }));
        shape = shape == null ? seen[0] : shape;
        floats += states.get(states.size() - 1).length;
        group += count;
      }
      for (int layer = first; layer < model.config().layers(); layer++) {
        int at = layer;
        for (int i = 0; i < states.size(); i++) {
          float[] x = states.get(i);
          long[] of = {x.length / (shape[1] * shape[2]), shape[1], shape[2]};
          states.set(
              i,
              Tensors.inference(
                  () -> values(model.layer(at, Tensors.fp32(model.manager(), x, of)))));
          tick.run();
        }
      }
      for (float[] x : states) {
        int count = (int) (x.length / (shape[1] * shape[2]));
        int start = from;
        long[] of = {count, shape[1], shape[2]};
        Tensors.inference(
            () -> {
              output.logits(start, count, model.logits(Tensors.fp32(model.manager(), x, of)));
              return null;
            });
        tick.run();
        from += count;
      }
    }
  }

  private static float[] values(NDArray x) {
    FloatBuffer values = Tensors.read(x);
    float[] floats = new float[values.remaining()];
    values.get(floats);
    return floats;
  }
}
