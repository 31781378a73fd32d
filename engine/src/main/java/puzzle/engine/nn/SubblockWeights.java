package puzzle.engine.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import puzzle.model.Variant;

/**
 * The weights of one variant: its norm and its projections, under their Hugging Face names without
 * the layer's prefix, in the order of {@link #shapes}. Empty for a no-op.
 */
public record SubblockWeights(Variant variant, Map<String, NDArray> arrays) {

  /** Names and shapes of a variant's weights, norm first, projections [out, in]. */
  public static Map<String, long[]> shapes(DecoderConfig config, Variant variant) {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    long h = config.hiddenSize();
    if (variant.form() == Variant.Form.NO_OP) {
      return shapes;
    }
    boolean linear = variant.form() == Variant.Form.LINEAR;
    switch (variant.subblock()) {
      case ATTENTION -> {
        shapes.put("input_layernorm.weight", new long[] {h});
        if (linear) {
          shapes.put("self_attn.linear_attn.weight", new long[] {h, h});
          return shapes;
        }
        long q = (long) config.heads() * config.headSize();
        long kv = (long) variant.size() * config.headSize();
        shapes.put("self_attn.q_proj.weight", new long[] {q, h});
        shapes.put("self_attn.k_proj.weight", new long[] {kv, h});
        shapes.put("self_attn.v_proj.weight", new long[] {kv, h});
        shapes.put("self_attn.o_proj.weight", new long[] {h, q});
        if (config.qkvBias()) {
          shapes.put("self_attn.q_proj.bias", new long[] {q});
          shapes.put("self_attn.k_proj.bias", new long[] {kv});
          shapes.put("self_attn.v_proj.bias", new long[] {kv});
        }
        if (config.qkNorm()) {
          shapes.put("self_attn.q_norm.weight", new long[] {config.headSize()});
          shapes.put("self_attn.k_norm.weight", new long[] {config.headSize()});
        }
      }
      case FFN -> {
        shapes.put("post_attention_layernorm.weight", new long[] {h});
        if (linear) {
          shapes.put("mlp.linear_mlp.weight", new long[] {h, h});
          return shapes;
        }
        shapes.put("mlp.gate_proj.weight", new long[] {variant.size(), h});
        shapes.put("mlp.up_proj.weight", new long[] {variant.size(), h});
        shapes.put("mlp.down_proj.weight", new long[] {h, variant.size()});
      }
    }
    return shapes;
  }

  /** Prefix of a layer's weights in a checkpoint: {@code model.layers.3.}. */
  public static String prefix(int layer) {
    return "model.layers." + layer + ".";
  }

  /** Makes the arrays of a variant in {@code manager} from named values. */
  public static SubblockWeights create(
      NDManager manager,
      DecoderConfig config,
      Variant variant,
      Function<String, FloatBuffer> values) {
    Map<String, NDArray> arrays = new LinkedHashMap<>();
    shapes(config, variant)
        .forEach(
            (name, shape) ->
                arrays.put(
                    name,
                    Tensors.detached(
                        manager, () -> Tensors.fp32(manager, values.apply(name), shape))));
    return new SubblockWeights(variant, arrays);
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
