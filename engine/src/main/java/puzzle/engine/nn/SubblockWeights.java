package puzzle.engine.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.KernelCall;
import puzzle.engine.decoder.LinearSubblock;
import puzzle.engine.decoder.SubblockKind;
import puzzle.engine.decoder.TensorLayout;
import puzzle.engine.safetensors.ElementType;
import puzzle.engine.safetensors.SafetensorsWriter;
import puzzle.model.Variant;

/**
 * The weights of one variant: its norm and its projections, under their Hugging Face names without
 * the layer's prefix, in the order of {@link TensorLayout}. Empty for a no-op.
 */
public record SubblockWeights(Variant variant, Map<String, NDArray> arrays) {

  /** Makes the arrays of a variant in {@code manager} from named values. */
  public static SubblockWeights create(
      NDManager manager,
      DecoderConfig config,
      Variant variant,
      Function<String, FloatBuffer> values) {
    Map<String, NDArray> arrays = new LinkedHashMap<>();
    TensorLayout.of(config, variant)
        .forEach(
            (name, spec) ->
                arrays.put(
                    name,
                    Tensors.detached(
                        manager, () -> Tensors.fp32(manager, values.apply(name), spec.shape()))));
    return new SubblockWeights(variant, arrays);
  }

  /** The file of what was trained for a layer, under the names of a checkpoint. */
  public static SafetensorsWriter writer(int layer, List<SubblockWeights> halves) {
    Map<String, NDArray> named = new LinkedHashMap<>();
    for (SubblockWeights half : halves) {
      half.arrays().forEach((name, values) -> named.put(TensorLayout.prefix(layer) + name, values));
    }
    return Tensors.writer(ElementType.F32, named);
  }

  /** Stands for weights that are read when their layer's turn comes. */
  static SubblockWeights unread(Variant variant) {
    return new SubblockWeights(variant, Map.of());
  }

  /** True if the arrays are still to be read. */
  boolean unread() {
    return arrays.isEmpty();
  }

  /** How they are computed with; empty if the hidden states pass unchanged. */
  Optional<KernelCall> call() {
    return SubblockKind.of(variant).call(variant);
  }

  /** The one matrix of a linear variant. */
  public NDArray matrix() {
    return arrays.get(LinearSubblock.matrix(variant.subblock()));
  }

  NDArray get(String name) {
    return arrays.get(name);
  }

  /** The named weight, or an empty array where the model has none. */
  NDArray optional(String name, NDArray empty) {
    return arrays.getOrDefault(name, empty);
  }

  /** Frees the native memory. */
  public void close() {
    arrays.values().forEach(NDArray::close);
  }
}
