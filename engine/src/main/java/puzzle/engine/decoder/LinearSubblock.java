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

/** One matrix in the place of attention or of an FFN. */
public final class LinearSubblock implements SubblockKind {

  static final SubblockKind KIND = new LinearSubblock();

  private static final String FLAG = "replace_with_linear";
  private static final String LIST = "linear";

  private static final Optional<KernelCall> ATTENTION = call(Subblock.ATTENTION);
  private static final Optional<KernelCall> FFN = call(Subblock.FFN);

  private LinearSubblock() {}

  /** Name of the matrix. */
  public static String matrix(Subblock subblock) {
    return switch (subblock) {
      case ATTENTION -> "self_attn.linear_attn.weight";
      case FFN -> "mlp.linear_mlp.weight";
    };
  }

  private static Optional<KernelCall> call(Subblock subblock) {
    return Optional.of(
        KernelCall.of("linear", TensorLayout.norm(subblock), matrix(subblock), KernelCall.EPS));
  }

  @Override
  public Map<String, TensorSpec> tensors(DecoderConfig config, Variant variant) {
    long hidden = config.hiddenSize();
    Map<String, TensorSpec> tensors = new LinkedHashMap<>();
    tensors.put(TensorLayout.norm(variant.subblock()), TensorSpec.norm(hidden));
    tensors.put(matrix(variant.subblock()), TensorSpec.output(hidden, hidden));
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
    device.norm();
    device.gemm((config.hiddenSize() + devices - 1L) / devices, config.hiddenSize());
    device.allReduce();
  }

  @Override
  public Optional<KernelCall> call(Variant variant) {
    return variant.subblock() == Subblock.ATTENTION ? ATTENTION : FFN;
  }

  @Override
  public void requireFit(Variant variant, Block parent, int heads, int hiddenSize) {
    // Can be made of any.
  }

  @Override
  public String refusal(Servable server, Variant variant) {
    boolean known =
        switch (server) {
          case VLLM, MLX -> false;
          case LLAMA_CPP -> variant.subblock() == Subblock.ATTENTION;
        };
    return known ? null : "is not known";
  }

  @Override
  public List<String> fields() {
    return List.of(FLAG, LIST);
  }

  @Override
  public Variant read(JsonValue entry, Subblock subblock, Parent parent) {
    return entry.flag(FLAG) || SparseList.names(entry, LIST, subblock)
        ? Variant.linear(subblock)
        : null;
  }

  @Override
  public void write(DecoderConfig config, Variant variant, boolean multipliers, ObjectNode entry) {
    entry.put(FLAG, true);
  }

  @Override
  public void writeSparse(Variant variant, ObjectNode layer) {
    SparseList.add(layer, LIST, variant.subblock());
  }
}
