package puzzle.engine.decoder;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import puzzle.model.Block;
import puzzle.model.InvalidInputException;
import puzzle.model.Subblock;
import puzzle.model.Variant;

/**
 * What other programs can run of the {@code nemotron-nas} format: each reads a part of it, and goes
 * wrong outside that part, some without a word. The rules are read off their sources; what they are
 * for one kind of subblock is in {@link SubblockKind#refusal}.
 */
public enum Servable {
  /** Starts the residual stream at the first attention. */
  VLLM,
  /** Drops the attention of a layer whose FFN is a no-op. */
  LLAMA_CPP,
  MLX;

  /** Reads {@code vllm}, {@code llama.cpp}, {@code mlx}. */
  public static Servable parse(String name) {
    for (Servable server : values()) {
      if (server.toString().equals(name)) {
        return server;
      }
    }
    throw new InvalidInputException(
        "unknown server '%s'.%nMaybe one of %s."
            .formatted(
                name,
                Arrays.stream(values()).map(Servable::toString).collect(Collectors.joining(", "))));
  }

  /** {@code vllm}, {@code llama.cpp}, {@code mlx}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '.');
  }

  /** The rules a child breaks, one line each; empty if this server can run it. */
  public List<String> violations(DecoderConfig config) {
    List<String> violations = new ArrayList<>();
    if (config.qkNorm()) {
      violations.add("norms on q and k are not known");
    }
    boolean plain = config.headSize() * config.heads() == config.hiddenSize();
    if (this != VLLM && !plain) {
      violations.add(
          "head size %d is not hidden size / heads, %d / %d"
              .formatted(config.headSize(), config.hiddenSize(), config.heads()));
    }
    if (this == MLX && config.qkvBias()) {
      violations.add("biases on q, k and v are not known");
    }
    List<Block> blocks = config.architecture().blocks();
    for (int layer = 0; layer < blocks.size(); layer++) {
      for (String violation : violations(layer, blocks.size(), blocks.get(layer))) {
        violations.add("layer " + layer + ": " + violation);
      }
    }
    if (startsWithAttention()) {
      int first = 0;
      while (first < blocks.size() && blocks.get(first).isNoOp()) {
        first++;
      }
      if (first == blocks.size()) {
        violations.add("no layer does anything");
      } else if (blocks.get(first).attention().isNoOp()) {
        violations.add("layer " + first + ": the first active subblock is an FFN, not attention");
      }
    }
    return violations;
  }

  /** The rules that one layer breaks, whatever the others are. */
  public List<String> violations(int layer, int layers, Block block) {
    List<String> violations = new ArrayList<>();
    for (Subblock subblock : Subblock.values()) {
      Variant variant = block.get(subblock);
      String refusal = SubblockKind.of(variant).refusal(this, variant);
      if (refusal != null) {
        violations.add(variant + " " + refusal);
      }
    }
    if (this == LLAMA_CPP && block.ffn().isNoOp()) {
      if (!block.attention().isNoOp()) {
        violations.add("a no-op FFN would drop its attention too");
      }
      if (layer == layers - 1) {
        violations.add("the last FFN is a no-op");
      }
    }
    return violations;
  }

  /** True if the first subblock that is not a no-op must be an attention. */
  public boolean startsWithAttention() {
    return this == VLLM;
  }
}
