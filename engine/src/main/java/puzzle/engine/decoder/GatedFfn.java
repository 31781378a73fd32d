package puzzle.engine.decoder;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import puzzle.engine.json.JsonValue;
import puzzle.model.Block;
import puzzle.model.Subblock;
import puzzle.model.Variant;
import puzzle.model.Variant.Kind;
import puzzle.model.Variant.Size;

/**
 * A gated SiLU FFN of any width.
 *
 * <p>Config formats tell the width as itself or as a multiplier: round-up-to-256(int(2 ffn_mult
 * hidden / 3)).
 */
public final class GatedFfn implements SubblockKind {

  static final SubblockKind KIND = new GatedFfn();

  /** A width read from a file beyond it is a mistake. */
  public static final int MAX_WIDTH = 1 << 24;

  private static final int MULTIPLE = 256;
  private static final String WIDTH = "intermediate_size";
  private static final String MULTIPLIER = "ffn_mult";

  private static final Optional<KernelCall> CALL =
      Optional.of(
          KernelCall.of(
              "ffn",
              TensorLayout.norm(Subblock.FFN),
              "mlp.gate_proj.weight",
              "mlp.up_proj.weight",
              "mlp.down_proj.weight",
              KernelCall.EPS));

  private GatedFfn() {}

  /** Width of an FFN with this multiplier. */
  public static int width(double multiplier, int hiddenSize) {
    int width = (int) (2 * multiplier * hiddenSize / 3);
    return width % MULTIPLE == 0 ? width : width + MULTIPLE - width % MULTIPLE;
  }

  /** The multiplier that gives this width, a multiple of 256. */
  public static double multiplier(int width, int hiddenSize) {
    return Math.round(1e6 * 3 * width / (2.0 * hiddenSize)) / 1e6;
  }

  /** True if every gated FFN can be written as a multiplier and read back as the same width. */
  public static boolean multipliersSuffice(DecoderConfig config) {
    return config.architecture().blocks().stream()
        .map(Block::ffn)
        .filter(ffn -> ffn.kind() == Kind.GATED_FFN)
        .map(ffn -> ffn.size(Size.WIDTH))
        .allMatch(
            width ->
                width % MULTIPLE == 0
                    && width(multiplier(width, config.hiddenSize()), config.hiddenSize()) == width);
  }

  @Override
  public Map<String, TensorSpec> tensors(DecoderConfig config, Variant variant) {
    long hidden = config.hiddenSize();
    long width = variant.size(Size.WIDTH);
    Map<String, TensorSpec> tensors = new LinkedHashMap<>();
    tensors.put(TensorLayout.norm(Subblock.FFN), TensorSpec.norm(hidden));
    tensors.put("mlp.gate_proj.weight", TensorSpec.matrix(width, hidden));
    tensors.put("mlp.up_proj.weight", TensorSpec.matrix(width, hidden));
    tensors.put("mlp.down_proj.weight", TensorSpec.output(hidden, width));
    return tensors;
  }

  @Override
  public long kvElementsPerToken(DecoderConfig config, Variant variant, int devices) {
    return 0;
  }

  @Override
  public long copiedElements(DecoderConfig config, Variant variant, int devices) {
    return 0;
  }

  @Override
  public void launch(DecoderConfig config, Variant variant, int devices, Launches device) {
    long own = (variant.size(Size.WIDTH) + devices - 1L) / devices;
    device.norm();
    device.gemm(2 * own, config.hiddenSize());
    device.activation(own);
    device.gemm(config.hiddenSize(), own);
    device.allReduce();
  }

  @Override
  public Optional<KernelCall> call(Variant variant) {
    return CALL;
  }

  @Override
  public void requireFit(Variant variant, Block parent, int heads, int hiddenSize) {
    int most = parent.ffn().kind() == Kind.GATED_FFN ? parent.ffn().size(Size.WIDTH) : 0;
    if (variant.size(Size.WIDTH) > most) {
      throw new IllegalArgumentException(
          ("%s is more than the parent has, %d.%n"
                  + "Maybe write a smaller one: variants are made of the parent's weights.")
              .formatted(variant, most));
    }
  }

  @Override
  public String refusal(Servable server, Variant variant) {
    boolean multiple = variant.size(Size.WIDTH) % MULTIPLE == 0;
    return switch (server) {
      case VLLM -> null;
      case LLAMA_CPP, MLX -> multiple ? null : "is not a multiple of " + MULTIPLE;
    };
  }

  @Override
  public List<String> fields() {
    return List.of(MULTIPLIER, WIDTH);
  }

  @Override
  public Variant read(JsonValue entry, Subblock subblock, Parent parent) {
    if (entry.has(MULTIPLIER)) {
      int width = width(entry.number(MULTIPLIER, 1e-6, 1e4), parent.hiddenSize().getAsInt());
      if (width < 1 || width > MAX_WIDTH) {
        throw entry.bad(MULTIPLIER, "gives an intermediate size of " + width);
      }
      return Variant.ffn(width);
    }
    return entry.has(WIDTH) ? Variant.ffn(entry.integer(WIDTH, 1, MAX_WIDTH)) : null;
  }

  @Override
  public void write(DecoderConfig config, Variant variant, boolean multipliers, ObjectNode entry) {
    int width = variant.size(Size.WIDTH);
    if (multipliers) {
      entry.put(MULTIPLIER, multiplier(width, config.hiddenSize()));
    } else {
      entry.put(WIDTH, width);
    }
  }

  @Override
  public void writeSparse(Variant variant, ObjectNode layer) {
    layer.put(WIDTH, variant.size(Size.WIDTH));
  }
}
