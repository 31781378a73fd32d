package puzzle.engine.recording;

import ai.djl.ndarray.NDArray;
import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.SubblockWeights;
import puzzle.engine.nn.Tensors;
import puzzle.engine.safetensors.ElementType;
import puzzle.engine.safetensors.SafetensorsFile;
import puzzle.engine.safetensors.SafetensorsWriter;
import puzzle.engine.surgery.Initialisation;
import puzzle.model.Subblock;
import puzzle.model.Variant;

/**
 * How much each FFN channel and each KV head of the parent contributes (appendix A): how active it
 * is over the training sequences times the norm of the column it is multiplied by. Every share of a
 * recording adds up its own sequences; the sums are added in the order of shares.
 */
final class Importance {

  private static final String SQUARES = ".squares";

  /** Sums over tokens, and of the last share the squares of the columns, by name. */
  private final Map<String, double[]> sums = new TreeMap<>();

  /** Adds up one layer's activity as its states come by. */
  ParentStates.Onlooker watching(Decoder parent, int layer) {
    boolean heads =
        kind(parent.config(), layer, Subblock.ATTENTION) == Variant.Kind.GROUPED_ATTENTION;
    boolean channels = kind(parent.config(), layer, Subblock.FFN) == Variant.Kind.GATED_FFN;
    return (input, middle) -> {
      if (channels) {
        add(Recording.channels(layer), parent.channelActivity(layer, middle));
      }
      if (heads) {
        add(Recording.heads(layer), parent.headActivity(layer, input));
      }
    };
  }

  private static Variant.Kind kind(DecoderConfig config, int layer, Subblock subblock) {
    return config.architecture().block(layer).get(subblock).kind();
  }

  private void add(String name, NDArray activity) {
    float[] values = activity.toFloatArray();
    double[] sum = sums.computeIfAbsent(name, any -> new double[values.length]);
    for (int i = 0; i < sum.length; i++) {
      sum[i] += values[i];
    }
  }

  /** Adds up the squares of the columns that a layer's channels are multiplied by. */
  void addColumns(Decoder parent, int layer) {
    squares(Recording.channels(layer), parent.weights(layer, Subblock.FFN), "mlp.down_proj.weight");
    squares(
        Recording.heads(layer),
        parent.weights(layer, Subblock.ATTENTION),
        "self_attn.o_proj.weight");
  }

  private void squares(String name, SubblockWeights weights, String matrix) {
    if (!sums.containsKey(name)) {
      return;
    }
    double[] squares = new double[sums.get(name).length];
    int column = 0;
    for (Iterator<FloatBuffer> parts = Tensors.parts(weights.arrays().get(matrix));
        parts.hasNext(); ) {
      FloatBuffer values = parts.next();
      for (int i = 0; i < values.limit(); i++) {
        double w = values.get(i);
        squares[column] += w * w;
        column = column + 1 == squares.length ? 0 : column + 1;
      }
    }
    sums.put(name + SQUARES, squares);
  }

  SafetensorsWriter writer() {
    SafetensorsWriter writer = new SafetensorsWriter(ElementType.F32);
    sums.forEach(
        (name, values) ->
            writer.addF64(name, new long[] {values.length}, DoubleBuffer.wrap(values)));
    return writer;
  }

  /**
   * The contributions of all layers.
   *
   * @param shares what {@link #writer} wrote of each, in order
   * @param tokens in all
   */
  static SafetensorsWriter joined(DecoderConfig parent, List<SafetensorsFile> shares, long tokens) {
    Map<String, double[]> sums = new TreeMap<>();
    for (SafetensorsFile share : shares) {
      for (String name : share.names()) {
        int size = Math.toIntExact(share.elements(name));
        ByteBuffer values = share.bytes(name, 0, size);
        double[] sum = sums.computeIfAbsent(name, any -> new double[size]);
        for (int i = 0; i < size; i++) {
          sum[i] += values.getDouble(i * Double.BYTES);
        }
      }
    }
    SafetensorsWriter writer = new SafetensorsWriter(ElementType.F32);
    for (int layer = 0; layer < parent.layers(); layer++) {
      String channels = Recording.channels(layer);
      if (sums.containsKey(channels)) {
        add(
            writer,
            channels,
            Initialisation.contribution(sums.get(channels), sums.get(channels + SQUARES), tokens));
      }
      String heads = Recording.heads(layer);
      if (sums.containsKey(heads)) {
        int kvHeads = parent.architecture().block(layer).attention().size(Variant.Size.KV_HEADS);
        add(
            writer,
            heads,
            Initialisation.headContribution(
                sums.get(heads), sums.get(heads + SQUARES), tokens, kvHeads));
      }
    }
    return writer;
  }

  private static void add(SafetensorsWriter writer, String name, float[] contribution) {
    writer.add(name, new long[] {contribution.length}, FloatBuffer.wrap(contribution));
  }
}
