package puzzle.engine.decoder;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import puzzle.model.Seeds;

/**
 * Initial weights of a decoder: normal with deviation 0.02, projections back into the residual
 * stream scaled down by sqrt(2 x layers), norms one, biases zero. Drawn from the seed and the
 * tensor's name alone.
 */
public final class RandomWeights implements WeightSource {

  private static final double DEVIATION = 0.02;

  private final Map<String, long[]> shapes;
  private final DecoderConfig config;
  private final long seed;

  public RandomWeights(DecoderConfig config, long seed) {
    this.config = config;
    this.seed = seed;
    this.shapes = TensorLayout.of(config);
  }

  @Override
  public Set<String> names() {
    return shapes.keySet();
  }

  @Override
  public long[] shape(String name) {
    return shapes.get(name).clone();
  }

  @Override
  public FloatBuffer fp32(String name) {
    long[] shape = shapes.get(name);
    int size = 1;
    for (long dimension : shape) {
      size = Math.toIntExact(size * dimension);
    }
    FloatBuffer values = FloatBuffer.allocate(size);
    if (shape.length == 1) {
      Arrays.fill(values.array(), name.endsWith("bias") ? 0f : 1f);
      return values;
    }
    boolean residual =
        name.endsWith("o_proj.weight")
            || name.endsWith("down_proj.weight")
            || name.endsWith("linear_attn.weight")
            || name.endsWith("linear_mlp.weight");
    double deviation = residual ? DEVIATION / Math.sqrt(2.0 * config.layers()) : DEVIATION;
    Random random = new Random(Seeds.of(seed, name));
    for (int i = 0; i < size; i++) {
      values.put(i, (float) (random.nextGaussian() * deviation));
    }
    return values;
  }
}
