package puzzle.engine.nn;

import java.nio.FloatBuffer;
import java.util.List;
import java.util.Random;
import java.util.Set;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.RandomWeights;
import puzzle.engine.decoder.WeightSource;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.Subblock;
import puzzle.model.Variant;

/** Random models small enough to check by hand-written arithmetic. */
public final class SmallModels {

  private SmallModels() {}

  /** Three layers, 4 query and 2 KV heads of 8 channels, hidden 24, FFN 40, 31 tokens. */
  public static DecoderConfig llama() {
    return config("llama", null, false, false, false);
  }

  /** The same with one matrix for embedding and head. */
  public static DecoderConfig tied() {
    return config("llama", null, true, false, false);
  }

  static DecoderConfig llama3() {
    return config("llama", new DecoderConfig.RopeScaling(8, 1, 4, 16), false, false, false);
  }

  public static DecoderConfig qwen2() {
    return config("qwen2", null, true, true, false);
  }

  static DecoderConfig qwen3() {
    return config("qwen3", null, false, false, true);
  }

  /** A child with every kind of variant. */
  public static DecoderConfig child() {
    return llama()
        .with(
            new Architecture(
                List.of(
                    new Block(Variant.attention(1), Variant.linear(Subblock.FFN)),
                    new Block(Variant.linear(Subblock.ATTENTION), Variant.ffn(7)),
                    new Block(Variant.attention(2), Variant.parse("ffn-40-rank-5")),
                    new Block(Variant.noOp(Subblock.ATTENTION), Variant.noOp(Subblock.FFN)))));
  }

  private static DecoderConfig config(
      String family,
      DecoderConfig.RopeScaling scaling,
      boolean tied,
      boolean bias,
      boolean qkNorm) {
    Block block = new Block(Variant.attention(2), Variant.ffn(40));
    return new DecoderConfig(
        family,
        31,
        24,
        4,
        8,
        1e-5,
        10_000,
        scaling,
        64,
        tied,
        bias,
        qkNorm,
        Architecture.uniform(block, 3));
  }

  /**
   * Weights large enough that every part of the model shows in its output, norms and biases too.
   */
  public static WeightSource weights(DecoderConfig config, long seed) {
    RandomWeights shapes = new RandomWeights(config, seed);
    return new WeightSource() {
      @Override
      public Set<String> names() {
        return shapes.names();
      }

      @Override
      public long[] shape(String name) {
        return shapes.shape(name);
      }

      @Override
      public FloatBuffer fp32(String name) {
        FloatBuffer values = shapes.fp32(name);
        Random random = new Random(seed + name.hashCode());
        for (int i = 0; i < values.capacity(); i++) {
          boolean vector = shapes.shape(name).length == 1;
          values.put(i, values.get(i) * (vector ? 1 : 10) + (float) random.nextGaussian() * 0.1f);
        }
        return values;
      }

      @Override
      public void read(String name, long first, FloatBuffer into) {
        into.put(into.position(), fp32(name), Math.toIntExact(first), into.remaining());
      }
    };
  }

  /** Random token ids, [sequences][length]. */
  public static int[][] tokens(int sequences, int length, int vocabulary, long seed) {
    Random random = new Random(seed);
    int[][] tokens = new int[sequences][length];
    for (int[] sequence : tokens) {
      for (int i = 0; i < length; i++) {
        sequence[i] = random.nextInt(vocabulary);
      }
    }
    return tokens;
  }
}
