package puzzle.engine.recording;

import ai.djl.ndarray.NDArray;
import java.nio.FloatBuffer;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.Tensors;
import puzzle.engine.safetensors.SafetensorsWriter;
import puzzle.engine.surgery.Initialisation;
import puzzle.model.Block;
import puzzle.model.Subblock;
import puzzle.model.Variant.Kind;
import puzzle.model.Variant.Size;

/**
 * Adds up, over the training sequences, how active one layer's FFN channels and attention heads
 * are; with the norms of the columns they are multiplied by, that is what each contributes
 * (appendix A).
 */
final class Importance implements ParentStates.Onlooker {

  private final Decoder parent;
  private final int layer;
  private final int kvHeads;

  /** Null where the layer's own FFN has no channels, or its attention no heads, to choose from. */
  private final double[] channels;

  private final double[] heads;

  Importance(Decoder parent, int layer) {
    this.parent = parent;
    this.layer = layer;
    Block block = parent.config().architecture().block(layer);
    this.kvHeads = block.attention().sizes().getOrDefault(Size.KV_HEADS, 0);
    boolean gated = block.ffn().kind() == Kind.GATED_FFN;
    this.channels = gated ? new double[block.ffn().size(Size.WIDTH)] : null;
    this.heads =
        kvHeads > 0 ? new double[parent.config().heads() * parent.config().headSize()] : null;
  }

  @Override
  public void seen(NDArray input, NDArray middle) {
    if (channels != null) {
      add(parent.channelActivity(layer, middle), channels);
    }
    if (heads != null) {
      add(parent.headActivity(layer, input), heads);
    }
  }

  void addTo(SafetensorsWriter writer, long tokens) {
    if (channels != null) {
      float[] channel =
          Initialisation.contribution(
              floats(channels), weight(Subblock.FFN, "mlp.down_proj.weight"), tokens);
      writer.add(Recording.channels(layer), new long[] {channel.length}, FloatBuffer.wrap(channel));
    }
    if (heads != null) {
      float[] head =
          Initialisation.headContribution(
              floats(heads),
              weight(Subblock.ATTENTION, "self_attn.o_proj.weight"),
              tokens,
              kvHeads);
      writer.add(Recording.heads(layer), new long[] {head.length}, FloatBuffer.wrap(head));
    }
  }

  private FloatBuffer weight(Subblock subblock, String name) {
    return Tensors.read(parent.weights(layer, subblock).arrays().get(name));
  }

  private static void add(NDArray activity, double[] sums) {
    FloatBuffer values = Tensors.read(activity);
    for (int i = 0; i < sums.length; i++) {
      sums[i] += values.get(i);
    }
  }

  private static FloatBuffer floats(double[] sums) {
    FloatBuffer values = FloatBuffer.allocate(sums.length);
    for (double sum : sums) {
      values.put((float) sum);
    }
    return values.flip();
  }
}
