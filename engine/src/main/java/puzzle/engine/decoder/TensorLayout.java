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
  public static Map<String, TensorSpec> of(DecoderConfig config) {
    Map<String, TensorSpec> tensors = new LinkedHashMap<>();
    tensors.put(EMBEDDING, TensorSpec.matrix(config.vocabSize(), config.hiddenSize()));
    for (int layer = 0; layer < config.layers(); layer++) {
      Block block = config.architecture().block(layer);
      for (Subblock subblock : Subblock.values()) {
        String prefix = prefix(layer);
        of(config, block.get(subblock)).forEach((name, spec) -> tensors.put(prefix + name, spec));
      }
    }
    tensors.put(NORM, TensorSpec.norm(config.hiddenSize()));
    if (!config.tiedEmbeddings()) {
      tensors.put(HEAD, TensorSpec.matrix(config.vocabSize(), config.hiddenSize()));
    }
    return tensors;
  }

  /** The tensors of one variant, without the prefix of a layer; its norm first. */
  public static Map<String, TensorSpec> of(DecoderConfig config, Variant variant) {
    return SubblockKind.of(variant).tensors(config, variant);
  }

  /** Prefix of a layer's tensors: {@code model.layers.3.}. */
  public static String prefix(int layer) {
    return "model.layers." + layer + ".";
  }

  /** Name of the norm in front of a subblock, the same for all kinds that have one. */
  static String norm(Subblock subblock) {
    return switch (subblock) {
      case ATTENTION -> "input_layernorm.weight";
      case FFN -> "post_attention_layernorm.weight";
    };
  }

  /**
   * What is wrong with a set of weights, one line each: missing, misshapen and superfluous tensors.
   */
  public static List<String> findings(DecoderConfig config, WeightSource weights) {
    List<String> findings = new ArrayList<>();
    Map<String, TensorSpec> expected = of(config);
    expected.forEach(
        (name, spec) -> {
          long[] shape = spec.shape();
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
  public static boolean tolerated(DecoderConfig config, String name) {
    return name.endsWith("rotary_emb.inv_freq") || config.tiedEmbeddings() && name.equals(HEAD);
  }
}
