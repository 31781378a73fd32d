package puzzle.engine.recording;

import ai.djl.ndarray.NDArray;
import java.nio.FloatBuffer;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.Tensors;
import puzzle.engine.safetensors.SafetensorsWriter;
import puzzle.engine.surgery.Initialisation;
import puzzle.model.Subblock;

/**
 * Adds up, over the training sequences, how active one layer's FFN channels and attention heads
 * are; with the norms of the columns they are multiplied by, that is what each contributes
 * (appendix A).
 */
final class Importance implements ParentStates.Onlooker {

  private final Decoder parent;
  private final int layer;
  private final double[] channels;
  private final double[] heads;

  Importance(Decoder parent, int layer) {
    this.parent = parent;
    this.layer = layer;
    this.channels = new double[parent.config().intermediateSize()];
    this.heads = new double[parent.config().heads() * parent.config().headSize()];
  }

  @Override
  public void seen(NDArray input, NDArray middle) {
    add(parent.channelActivity(layer, middle), channels);
    add(parent.headActivity(layer, input), heads);
  }

  void addTo(SafetensorsWriter writer, long tokens) {
    float[] channel =
        Initialisation.contribution(
            floats(channels), weight(Subblock.FFN, "mlp.down_proj.weight"), tokens);
    writer.add(Recording.channels(layer), new long[] {channel.length}, FloatBuffer.wrap(channel));
    float[] head =
        Initialisation.headContribution(
            floats(heads),
            weight(Subblock.ATTENTION, "self_attn.o_proj.weight"),
            tokens,
            parent.config().kvHeads());
    writer.add(Recording.heads(layer), new long[] {head.length}, FloatBuffer.wrap(head));
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
