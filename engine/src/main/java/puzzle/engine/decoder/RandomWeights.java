package puzzle.engine.decoder;

import java.nio.FloatBuffer;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import puzzle.model.Seeds;

/**
 * Initial weights of a decoder: normal with deviation 0.02, projections back into the residual
 * stream scaled down by sqrt(2 x layers), norms one, biases zero. Drawn from the seed and the
 * tensor's name alone, front to back: a tensor read in parts in their order is drawn once.
 */
public final class RandomWeights implements WeightSource {

  private static final double DEVIATION = 0.02;

  private final Map<String, TensorSpec> tensors;
  private final DecoderConfig config;
  private final long seed;
  private final Map<String, Draws> draws = new ConcurrentHashMap<>();

  /** The draws of one tensor, as far as they were asked for. */
  private static final class Draws {
    private final long seed;
    private Random random;
    private long next;

    Draws(long seed) {
      this.seed = seed;
      this.random = new Random(seed);
    }

    synchronized void read(long first, FloatBuffer into, double deviation) {
      if (first < next) {
        random = new Random(seed);
        next = 0;
      }
      for (; next < first; next++) {
        random.nextGaussian();
      }
      for (int i = into.position(); i < into.limit(); i++) {
        into.put(i, (float) (random.nextGaussian() * deviation));
      }
      next += into.remaining();
    }
  }

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
    FloatBuffer values = FloatBuffer.allocate(Math.toIntExact(tensors.get(name).elements()));
    read(name, 0, values);
    return values;
  }

  @Override
  public void read(String name, long first, FloatBuffer into) {
    switch (tensors.get(name).role()) {
      case MATRIX -> draw(name, first, into, DEVIATION);
      case OUTPUT -> draw(name, first, into, DEVIATION / Math.sqrt(2.0 * config.layers()));
      case NORM -> fill(into, 1);
      case BIAS -> fill(into, 0);
    }
  }

  private void draw(String name, long first, FloatBuffer into, double deviation) {
    draws
        .computeIfAbsent(name, any -> new Draws(Seeds.of(seed, name)))
        .read(first, into, deviation);
  }

  private static void fill(FloatBuffer into, float value) {
    for (int i = into.position(); i < into.limit(); i++) {
      into.put(i, value);
    }
  }
}
