package puzzle.engine.gkd;

import java.nio.FloatBuffer;
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
    FloatBuffer first = sources.get(0).fp32(name);
    if (sources.size() == 1) {
      return first;
    }
    float[] sum = new float[first.remaining()];
    first.duplicate().get(sum);
    float[] other = new float[sum.length];
    for (WeightSource source : sources.subList(1, sources.size())) {
      source.fp32(name).duplicate().get(other);
      for (int i = 0; i < sum.length; i++) {
        sum[i] += other[i];
      }
    }
    for (int i = 0; i < sum.length; i++) {
      sum[i] /= sources.size();
    }
    return FloatBuffer.wrap(sum);
  }
}
