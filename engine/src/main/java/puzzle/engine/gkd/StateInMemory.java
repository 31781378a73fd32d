package puzzle.engine.gkd;

import ai.djl.ndarray.NDArray;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import puzzle.engine.decoder.WeightSource;
import puzzle.engine.nn.Tensors;

/** A state in memory, where one program trains all shards in turn. */
final class StateInMemory implements WeightSource {

  private final Map<String, FloatBuffer> values = new LinkedHashMap<>();
  private final Map<String, long[]> shapes = new LinkedHashMap<>();

  StateInMemory(Map<String, NDArray> state) {
    state.forEach(
        (name, array) -> {
          values.put(name, Tensors.read(array));
          shapes.put(name, array.getShape().getShape());
        });
  }

  @Override
  public Set<String> names() {
    return values.keySet();
  }

  @Override
  public long[] shape(String name) {
    return shapes.get(name).clone();
  }

  @Override
  public FloatBuffer fp32(String name) {
    return values.get(name).duplicate();
  }

  @Override
  public void read(String name, long first, FloatBuffer into) {
    into.put(into.position(), values.get(name), Math.toIntExact(first), into.remaining());
  }
}
