package puzzle.engine.gkd;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import puzzle.engine.decoder.WeightSource;

/** The mean of several sets of the same tensors, added up in their order. */
final class MeanWeights implements WeightSource {

  private final List<WeightSource> sources;

  MeanWeights(List<WeightSource> sources) {
    this.sources = List.copyOf(sources);
  }

  @Override
  public Set<String> names() {
    return sources.get(0).names();
  }

  @Override
  public long[] shape(String name) {
    return sources.get(0).shape(name);
  }

  @Override
  public FloatBuffer fp32(String name) {
    FloatBuffer mean =
        FloatBuffer.allocate(
            Math.toIntExact(Arrays.stream(shape(name)).reduce(1, Math::multiplyExact)));
    read(name, 0, mean);
    return mean;
  }

  @Override
  public void read(String name, long first, FloatBuffer into) {
    sources.get(0).read(name, first, into);
    if (sources.size() == 1) {
      return;
    }
    FloatBuffer other = FloatBuffer.allocate(into.remaining());
    int at = into.position();
    for (WeightSource source : sources.subList(1, sources.size())) {
      source.read(name, first, other);
      for (int i = 0; i < other.capacity(); i++) {
        into.put(at + i, into.get(at + i) + other.get(i));
      }
    }
    for (int i = 0; i < other.capacity(); i++) {
      into.put(at + i, into.get(at + i) / sources.size());
    }
  }
}
