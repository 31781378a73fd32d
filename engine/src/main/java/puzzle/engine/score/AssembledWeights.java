package puzzle.engine.score;

import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.TensorLayout;
import puzzle.engine.decoder.WeightSource;
import puzzle.engine.store.Store;
import puzzle.model.CheckpointRef;
import puzzle.model.Subblock;
import puzzle.model.Task;

/** Weights of an architecture: each subblock's from its library file, all else from the parent. */
public final class AssembledWeights implements WeightSource {

  private final WeightSource parent;
  private final Map<String, WeightSource> replaced = new HashMap<>();
  private final Set<String> names;

  /**
   * @param config of the assembled model
   * @param layers one entry per layer; null references stand for the parent's own or a no-op
   */
  public AssembledWeights(
      DecoderConfig config, WeightSource parent, Store store, List<Task.Weights> layers) {
    this.parent = parent;
    Set<String> all = new LinkedHashSet<>();
    for (String name : parent.names()) {
      if (!name.startsWith("model.layers.")) {
        all.add(name);
      }
    }
    for (int layer = 0; layer < config.layers(); layer++) {
      for (Subblock subblock : Subblock.values()) {
        Task.Weights weights = layers.get(layer);
        CheckpointRef file = subblock == Subblock.ATTENTION ? weights.attention() : weights.ffn();
        WeightSource source = file == null ? parent : store.safetensors(file);
        String prefix = TensorLayout.prefix(layer);
        for (String name :
            TensorLayout.of(config, config.architecture().block(layer).get(subblock)).keySet()) {
          all.add(prefix + name);
          replaced.put(prefix + name, source);
        }
      }
    }
    this.names = Set.copyOf(all);
  }

  @Override
  public Set<String> names() {
    return names;
  }

  @Override
  public long[] shape(String name) {
    return replaced.getOrDefault(name, parent).shape(name);
  }

  @Override
  public Optional<Place> place(String name) {
    return replaced.getOrDefault(name, parent).place(name);
  }

  @Override
  public void warm(String name) {
    replaced.getOrDefault(name, parent).warm(name);
  }

  @Override
  public FloatBuffer fp32(String name) {
    return replaced.getOrDefault(name, parent).fp32(name);
  }

  @Override
  public void read(String name, long first, FloatBuffer into) {
    replaced.getOrDefault(name, parent).read(name, first, into);
  }
}
