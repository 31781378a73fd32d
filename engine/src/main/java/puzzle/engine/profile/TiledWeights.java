package puzzle.engine.profile;

import java.nio.FloatBuffer;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;
import puzzle.engine.decoder.WeightSource;

/**
 * Weights to be timed with, of any size at once: one table of normal values over and over. Its
 * length is odd, so that rows differ.
 *
 * @param shapes of the tensors there are
 */
record TiledWeights(Map<String, long[]> shapes) implements WeightSource {

  private static final double DEVIATION = 0.02;

  private static final float[] TABLE = table();

  private static float[] table() {
    Random random = new Random(1);
    float[] table = new float[(1 << 16) + 1];
    for (int i = 0; i < table.length; i++) {
      table[i] = (float) (random.nextGaussian() * DEVIATION);
    }
    return table;
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
    FloatBuffer values =
        FloatBuffer.allocate(
            Math.toIntExact(LongStream.of(shape(name)).reduce(1, Math::multiplyExact)));
    read(name, 0, values);
    return values;
  }

  @Override
  public void read(String name, long first, FloatBuffer into) {
    int at = (int) (first % TABLE.length);
    for (int done = 0; done < into.remaining(); ) {
      int count = Math.min(TABLE.length - at, into.remaining() - done);
      into.put(into.position() + done, TABLE, at, count);
      done += count;
      at = 0;
    }
  }
}
