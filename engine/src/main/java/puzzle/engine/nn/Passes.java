package puzzle.engine.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
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

  /** States that may wait between two layers: a quarter of the heap. */
  private static final long WAITING_FLOATS = Runtime.getRuntime().maxMemory() / 16;

  /**
   * States of a batch outside native memory.
   *
   * @param shape [count, tokens, hidden]
   */
  public record States(float[] values, long[] shape) {

    public static States of(NDArray x) {
      FloatBuffer buffer = Tensors.read(x);
      float[] values = new float[buffer.remaining()];
      buffer.get(values);
      return new States(values, x.getShape().getShape());
    }

    public NDArray in(NDManager manager) {
      return Tensors.fp32(manager, values, shape);
    }

    int count() {
      return (int) shape[0];
    }
  }

  /** Where a pass starts. */
  public interface Input {
    /** States of consecutive sequences, [count, tokens, hidden]. */
    NDArray states(int from, int count);
  }

  /** Where a pass ends. */
  public interface Output {
    /**
     * Takes the final hidden states of consecutive sequences, [count, tokens, hidden], before the
     * final norm; batches come in order.
     */
    void states(int from, int count, NDArray states);
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
            output.states(start, count, x);
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
      List<States> states = new ArrayList<>();
      long floats = 0;
      for (int next = from; next < sequences && (states.isEmpty() || floats < waiting); ) {
        int start = next;
        int count = Math.min(batch, sequences - next);
        States s = Tensors.inference(() -> States.of(input.states(start, count)));
        states.add(s);
        floats += s.values().length;
        next += count;
      }
      for (States s : through(model, first, states, tick)) {
        int start = from;
        Tensors.inference(
            () -> {
              output.states(start, s.count(), s.in(model.manager()));
              return null;
            });
        tick.run();
        from += s.count();
      }
    }
  }

  /**
   * Takes batches through the layers, a layer at a time.
   *
   * @param first layer
   * @param tick called after each batch of a layer
   * @return the states after the last layer, batch by batch
   */
  public static List<States> through(
      Decoder model, int first, List<States> batches, Runnable tick) {
    List<States> states = new ArrayList<>(batches);
    for (int layer = first; layer < model.config().layers(); layer++) {
      int at = layer;
      for (int i = 0; i < states.size(); i++) {
        States s = states.get(i);
        states.set(i, Tensors.inference(() -> States.of(model.layer(at, s.in(model.manager())))));
        tick.run();
      }
    }
    return states;
  }
}
