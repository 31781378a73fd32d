package puzzle.engine.decoder;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import puzzle.engine.decoder.TensorSpec.Role;
import puzzle.model.Seeds;

/**
 * Initial weights of a decoder: normal with deviation 0.02, projections back into the residual
 * stream scaled down by sqrt(2 x layers), norms one, biases zero. Drawn from the seed and the
 * tensor's name alone.
 */
public final class RandomWeights implements WeightSource {

  private static final double DEVIATION = 0.02;

  private final Map<String, TensorSpec> tensors;
  private final DecoderConfig config;
  private final long seed;

  public RandomWeights(DecoderConfig config, long seed) {
    this.config = config;
    this.seed = seed;
    this.tensors = TensorLayout.of(config);
  }

  @Override
  public Set<String> names() {
    return tensors.keySet();
  }

  @Override
  public long[] shape(String name) {
    return tensors.get(name).shape().clone();
  }

  @Override
  public FloatBuffer fp32(String name) {
    TensorSpec tensor = tensors.get(name);
    int size = Math.toIntExact(tensor.elements());
    FloatBuffer values = FloatBuffer.allocate(size);
    double deviation =
        switch (tensor.role()) {
          case MATRIX -> DEVIATION;
          case OUTPUT -> DEVIATION / Math.sqrt(2.0 * config.layers());
          case NORM, BIAS -> 0;
        };
    if (deviation == 0) {
      Arrays.fill(values.array(), tensor.role() == Role.NORM ? 1f : 0f);
      return values;
    }
    Random random = new Random(Seeds.of(seed, name));
    for (int i = 0; i < size; i++) {
      values.put(i, (float) (random.nextGaussian() * deviation));
    }
    return values;
  }
}
