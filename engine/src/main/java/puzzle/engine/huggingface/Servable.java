package puzzle.engine.huggingface;

import java.util.ArrayList;
import java.util.List;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.InvalidInputException;
import puzzle.model.Variant;

/**
 * What other programs can run of the {@code nemotron-nas} format: each reads a part of it, and goes
 * wrong outside that part, some without a word. The rules are read off their sources.
 */
public enum Servable {
  /** Looks at no-op and at KV heads only, and starts the residual stream at the first attention. */
  VLLM {
    @Override
    public List<String> violations(DecoderConfig config) {
      List<String> violations = new ArrayList<>();
      forbidLinear(config, violations);
      forbidQkNorm(config, violations);
      Block first = null;
      int layer = -1;
      while (first == null && ++layer < config.layers()) {
        Block block = config.architecture().block(layer);
        first = noOp(block.attention()) && noOp(block.ffn()) ? null : block;
      }
      if (first == null || noOp(first.attention())) {
        violations.add(
            first == null
                ? "no layer does anything"
                : "layer " + layer + ": the first active subblock is an FFN, not attention");
      }
      return violations;
    }
  },
  /** Drops the attention of a layer whose FFN is a no-op; knows multipliers and one head size. */
  LLAMA_CPP {
    @Override
    public List<String> violations(DecoderConfig config) {
      List<String> violations = new ArrayList<>();
      requireMultipliers(config, violations);
      requirePlainHeadSize(config, violations);
      forbidQkNorm(config, violations);
      Architecture architecture = config.architecture();
      for (int layer = 0; layer < config.layers(); layer++) {
        Block block = architecture.block(layer);
        if (block.ffn().form() == Variant.Form.LINEAR) {
          violations.add("layer " + layer + ": a linear FFN is not known");
        }
        if (noOp(block.ffn()) && !noOp(block.attention())) {
          violations.add("layer " + layer + ": a no-op FFN would drop its attention too");
        }
        if (noOp(block.ffn()) && layer == config.layers() - 1) {
          violations.add("layer " + layer + ": the last FFN is a no-op");
        }
      }
      return violations;
    }
  },
  /** Names linear layers otherwise; knows multipliers, one head size and no biases. */
  MLX {
    @Override
    public List<String> violations(DecoderConfig config) {
      List<String> violations = new ArrayList<>();
      requireMultipliers(config, violations);
      requirePlainHeadSize(config, violations);
      forbidLinear(config, violations);
      forbidQkNorm(config, violations);
      if (config.qkvBias()) {
        violations.add("biases on q, k and v are not known");
      }
      return violations;
    }
  };

  /** The rules an architecture breaks, one line each; empty if this reader can run it. */
  public abstract List<String> violations(DecoderConfig config);

  /** Reads {@code vllm}, {@code llama.cpp}, {@code mlx}. */
  public static Servable parse(String name) {
    return switch (name) {
      case "vllm" -> VLLM;
      case "llama.cpp" -> LLAMA_CPP;
      case "mlx" -> MLX;
      default ->
          throw new InvalidInputException(
              "servable: unknown reader '" + name + "'.\nMaybe vllm, llama.cpp or mlx.");
    };
  }

  private static boolean noOp(Variant variant) {
    return variant.form() == Variant.Form.NO_OP;
  }

  private static void forbidLinear(DecoderConfig config, List<String> violations) {
    for (int layer = 0; layer < config.layers(); layer++) {
      Block block = config.architecture().block(layer);
      for (Variant variant : List.of(block.attention(), block.ffn())) {
        if (variant.form() == Variant.Form.LINEAR) {
          violations.add("layer " + layer + ": " + variant + " is not known");
        }
      }
    }
  }

  private static void forbidQkNorm(DecoderConfig config, List<String> violations) {
    if (config.qkNorm()) {
      violations.add("norms on q and k are not known");
    }
  }

  private static void requireMultipliers(DecoderConfig config, List<String> violations) {
    if (!BlockConfigs.multipliersSuffice(config)) {
      violations.add("FFN sizes are not all multiples of 256");
    }
  }

  private static void requirePlainHeadSize(DecoderConfig config, List<String> violations) {
    if (config.headSize() * config.heads() != config.hiddenSize()) {
      violations.add(
          "head size "
              + config.headSize()
              + " is not hidden size / heads, "
              + config.hiddenSize()
              + " / "
              + config.heads());
    }
  }
}
