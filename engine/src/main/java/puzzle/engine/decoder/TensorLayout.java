package puzzle.engine.decoder;

import static puzzle.model.InvalidInputException.shown;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import puzzle.model.Block;
import puzzle.model.Subblock;
import puzzle.model.Variant;

/**
 * The tensors a decoder has: Hugging Face names and shapes, [out, in] for projections. A no-op has
 * none, not even a norm. This is what a folder must hold, no less and no more.
 */
public final class TensorLayout {

  public static final String EMBEDDING = "model.embed_tokens.weight";
  public static final String NORM = "model.norm.weight";
  public static final String HEAD = "lm_head.weight";

  private TensorLayout() {}

  /** All tensors of a model, in the order of its computation. */
  public static Map<String, long[]> of(DecoderConfig config) {
    Map<String, long[]> tensors = new LinkedHashMap<>();
    tensors.put(EMBEDDING, new long[] {config.vocabSize(), config.hiddenSize()});
    for (int layer = 0; layer < config.layers(); layer++) {
      Block block = config.architecture().block(layer);
      for (Subblock subblock : Subblock.values()) {
        tensors.putAll(of(config, layer, block.get(subblock)));
      }
    }
    tensors.put(NORM, new long[] {config.hiddenSize()});
    if (!config.tiedEmbeddings()) {
      tensors.put(HEAD, new long[] {config.vocabSize(), config.hiddenSize()});
    }
    return tensors;
  }

  /** The tensors of one variant in one layer: the unit of the library. */
  public static Map<String, long[]> of(DecoderConfig config, int layer, Variant variant) {
    Map<String, long[]> tensors = new LinkedHashMap<>();
    of(config, variant)
        .forEach((name, shape) -> tensors.put("model.layers." + layer + "." + name, shape));
    return tensors;
  }

  /** The tensors of one variant, without the prefix of a layer; its norm first. */
  public static Map<String, long[]> of(DecoderConfig config, Variant variant) {
    Map<String, long[]> tensors = new LinkedHashMap<>();
    if (variant.form() == Variant.Form.NO_OP) {
      return tensors;
    }
    long hidden = config.hiddenSize();
    boolean attention = variant.subblock() == Subblock.ATTENTION;
    tensors.put(
        attention ? "input_layernorm.weight" : "post_attention_layernorm.weight",
        new long[] {hidden});
    if (variant.form() == Variant.Form.LINEAR) {
      String linear = attention ? "self_attn.linear_attn.weight" : "mlp.linear_mlp.weight";
      tensors.put(linear, new long[] {hidden, hidden});
    } else if (attention) {
      putAttention(tensors, config, variant.size());
    } else {
      long width = variant.size();
      tensors.put("mlp.gate_proj.weight", new long[] {width, hidden});
      tensors.put("mlp.up_proj.weight", new long[] {width, hidden});
      tensors.put("mlp.down_proj.weight", new long[] {hidden, width});
    }
    return tensors;
  }

  private static void putAttention(Map<String, long[]> tensors, DecoderConfig config, int kvHeads) {
    long hidden = config.hiddenSize();
    long queries = (long) config.heads() * config.headSize();
    long keys = (long) kvHeads * config.headSize();
    tensors.put("self_attn.q_proj.weight", new long[] {queries, hidden});
    tensors.put("self_attn.k_proj.weight", new long[] {keys, hidden});
    tensors.put("self_attn.v_proj.weight", new long[] {keys, hidden});
    tensors.put("self_attn.o_proj.weight", new long[] {hidden, queries});
    if (config.qkvBias()) {
      tensors.put("self_attn.q_proj.bias", new long[] {queries});
      tensors.put("self_attn.k_proj.bias", new long[] {keys});
      tensors.put("self_attn.v_proj.bias", new long[] {keys});
    }
    if (config.qkNorm()) {
      tensors.put("self_attn.q_norm.weight", new long[] {config.headSize()});
      tensors.put("self_attn.k_norm.weight", new long[] {config.headSize()});
    }
  }

  /**
   * What is wrong with a set of weights, one line each: missing, misshapen and superfluous tensors.
   */
  public static List<String> findings(DecoderConfig config, WeightSource weights) {
    List<String> findings = new ArrayList<>();
    Map<String, long[]> expected = of(config);
    expected.forEach(
        (name, shape) -> {
          if (!weights.names().contains(name)) {
            findings.add("tensor " + name + " " + Arrays.toString(shape) + " is missing");
          } else if (!Arrays.equals(shape, weights.shape(name))) {
            findings.add(
                "tensor "
                    + name
                    + " has shape "
                    + Arrays.toString(weights.shape(name))
                    + ", config.json says "
                    + Arrays.toString(shape));
          }
        });
    for (String name : weights.names()) {
      if (!expected.containsKey(name) && !tolerated(config, name)) {
        findings.add("tensor " + shown(name) + " is not one of this architecture");
      }
    }
    return findings;
  }

  /** Recomputed by every reader, and a head that some write although it is the embedding. */
  private static boolean tolerated(DecoderConfig config, String name) {
    return name.endsWith("rotary_emb.inv_freq") || config.tiedEmbeddings() && name.equals(HEAD);
  }
}
