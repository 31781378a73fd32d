package puzzle.engine.decoder;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.FloatBuffer;
import java.util.Iterator;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.Seeds;
import puzzle.model.Variant;

class WeightPartsTest {

  private static final Block BLOCK = new Block(Variant.attention(2), Variant.ffn(24));
  private static final DecoderConfig CONFIG =
      new DecoderConfig(
          "llama",
          50,
          16,
          4,
          4,
          1e-5,
          10_000,
          null,
          64,
          false,
          false,
          false,
          Architecture.uniform(BLOCK, 2));

  @Test
  void randomWeightsInPartsAreTheWholeInWhateverOrder() {
    RandomWeights weights = new RandomWeights(CONFIG, 5);
    for (String name : weights.names()) {
      FloatBuffer whole = new RandomWeights(CONFIG, 5).fp32(name);
      for (int part : new int[] {1000, 7, 1}) {
        assertEquals(whole, inParts(weights, name, whole.capacity(), part), name);
      }
      FloatBuffer last = FloatBuffer.allocate(1);
      weights.read(name, whole.capacity() - 1, last);
      weights.read(name, whole.capacity() - 1, last);
      assertEquals(whole.get(whole.capacity() - 1), last.get(0), name);
    }
  }

  /** Fixed by runs that are on record. */
  @Test
  void randomWeightsAreWhatTheyAlwaysWere() {
    String name = "model.layers.1.mlp.down_proj.weight";
    Random random = new Random(Seeds.of(5, name));
    FloatBuffer drawn = new RandomWeights(CONFIG, 5).fp32(name);
    double deviation = 0.02 / Math.sqrt(2.0 * CONFIG.layers());
    for (int i = 0; i < drawn.capacity(); i++) {
      assertEquals((float) (random.nextGaussian() * deviation), drawn.get(i));
    }
  }

  @Test
  void aTensorOfMoreElementsThanAnIntCountsIsReadToItsEnd() {
    long[] read = {0};
    WeightSource large =
        new WeightSource() {
          @Override
          public Set<String> names() {
            return Set.of("head");
          }

          @Override
          public long[] shape(String name) {
            return new long[] {128_256, 32_768};
          }

          @Override
          public FloatBuffer fp32(String name) {
            throw new AssertionError("does not fit");
          }

          @Override
          public void read(String name, long first, FloatBuffer into) {
            assertEquals(read[0], first);
            read[0] += into.remaining();
          }
        };
    long given = 0;
    for (Iterator<FloatBuffer> parts = large.parts("head"); parts.hasNext(); ) {
      given += parts.next().remaining();
    }
    assertEquals(128_256L * 32_768, read[0]);
    assertEquals(read[0], given);
  }

  private static FloatBuffer inParts(WeightSource weights, String name, int size, int part) {
    FloatBuffer all = FloatBuffer.allocate(size);
    for (int first = 0; first < size; first += part) {
      FloatBuffer into = FloatBuffer.allocate(Math.min(part, size - first));
      weights.read(name, first, into);
      all.put(into);
    }
    return all.flip();
  }
}
