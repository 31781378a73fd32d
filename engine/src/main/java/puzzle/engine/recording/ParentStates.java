package puzzle.engine.recording;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.FloatBuffer;
import java.util.Arrays;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.Tensors;
import puzzle.model.Subblock;

/**
 * Runs the parent over whole sets of sequences, a layer at a time. States are row-major,
 * [sequences, tokens, hidden]. The same sequences in the same batches give the same bits whenever
 * they are run, which is what lets a tape be made again.
 *
 * @param batch sequences per forward pass
 * @param length tokens of a sequence
 */
record ParentStates(Decoder parent, int batch, int length) {

  /** Work on some consecutive sequences. */
  interface BatchWork {
    void run(NDManager manager, int from, int count);
  }

  /** What a layer's two subblocks are run for besides their output; of one batch. */
  interface Onlooker {
    void seen(NDArray input, NDArray middle);
  }

  /** The states before the first layer. */
  float[] embedded(int[][] sequences) {
    float[] states = new float[Math.multiplyExact(sequences.length, width())];
    forEachBatch(
        sequences.length,
        (manager, from, count) -> {
          int[][] ids = Arrays.copyOfRange(sequences, from, from + count);
          copy(parent.embed(Tensors.ids(manager, ids, 0, length)), states, from);
        });
    return states;
  }

  /** Runs one layer over all sequences; returns its output and fills the state in its middle. */
  float[] layer(int layer, float[] input, float[] middle, Onlooker onlooker) {
    float[] output = new float[input.length];
    forEachBatch(
        input.length / width(),
        (manager, from, count) -> {
          NDArray x = read(manager, input, from, count);
          NDArray after = parent.attention(parent.weights(layer, Subblock.ATTENTION), x);
          copy(after, middle, from);
          copy(parent.ffn(parent.weights(layer, Subblock.FFN), after), output, from);
          if (onlooker != null) {
            onlooker.seen(x, after);
          }
        });
    return output;
  }

  /** Some sequences' states, [count, tokens, hidden]. */
  NDArray read(NDManager manager, float[] states, int from, int count) {
    FloatBuffer x = FloatBuffer.wrap(states, from * width(), count * width()).slice();
    return Tensors.fp32(manager, x, count, length, width() / length);
  }

  void forEachBatch(int sequences, BatchWork work) {
    for (int from = 0; from < sequences; from += batch) {
      int first = from;
      int count = Math.min(batch, sequences - from);
      Tensors.inference(
          () -> {
            work.run(parent.manager(), first, count);
            return null;
          });
    }
  }

  private void copy(NDArray array, float[] to, int fromSequence) {
    FloatBuffer values = Tensors.read(array);
    values.get(to, fromSequence * width(), values.remaining());
  }

  /** Elements of one sequence's states. */
  private int width() {
    return Math.multiplyExact(length, parent.config().hiddenSize());
  }
}
