package puzzle.engine.recording;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.Tensors;
import puzzle.engine.safetensors.ElementType;
import puzzle.model.Subblock;

/**
 * The state between attention and FFN, from the layer's input each time it is read: the parent's
 * attention runs on what is asked for. Halves a recording.
 */
record RecomputedMiddle(Tape input, Decoder parent, int layer) implements Tape {

  /** The most that recomputing may add to the arithmetic of a training that reads the state. */
  private static final double SHARE = 0.25;

  /** Forward and backward pass, the latter twice. */
  private static final int PASSES = 3;

  /**
   * Whether the state in the middle of the parent's layers is recorded: always in fp32, where a
   * run's results have always come from it; in 16 bits only where attention is dear. A product
   * costs 2 FLOP a weight and token, attention 2 for each channel of queries and values and each of
   * the length / 2 tokens that a token sees on average. Against that stand three passes of the
   * parent's own FFN, which is the largest that is trained from this state.
   */
  static boolean recorded(ElementType type, DecoderConfig parent, int length) {
    double queries = (double) parent.heads() * parent.headSize();
    double attention =
        2.0 * parent.params(parent.parentBlock().attention()) + 2.0 * 2 * queries * length / 2;
    double training = PASSES * 2.0 * parent.params(parent.parentBlock().ffn());
    return type == ElementType.F32 || attention > SHARE * training;
  }

  private NDArray middle(NDArray x) {
    return Tensors.paused(() -> parent.attention(parent.weights(layer, Subblock.ATTENTION), x));
  }

  @Override
  public int sequences() {
    return input.sequences();
  }

  @Override
  public NDArray read(NDManager manager, int from, int count) {
    return middle(input.read(manager, from, count));
  }

  @Override
  public NDArray read(NDManager manager, int[] chosen) {
    return middle(input.read(manager, chosen));
  }

  @Override
  public double squares(int[] chosen) {
    throw new UnsupportedOperationException("only of states that are compared with");
  }
}
