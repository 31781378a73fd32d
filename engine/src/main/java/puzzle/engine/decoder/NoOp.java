package puzzle.engine.decoder;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import puzzle.engine.json.JsonValue;
import puzzle.model.Block;
import puzzle.model.Subblock;
import puzzle.model.Variant;

/** Nothing at all, not even a norm: the residual passes. */
final class NoOp implements SubblockKind {

  static final SubblockKind KIND = new NoOp();

  private static final String FLAG = "no_op";
  private static final String LIST = "skip";

  private NoOp() {}

  @Override
  public Map<String, TensorSpec> tensors(DecoderConfig config, Variant variant) {
    return Map.of();
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
    // Launches nothing.
  }

  @Override
  public Optional<KernelCall> call(Variant variant) {
    return Optional.empty();
  }

  @Override
  public void requireFit(Variant variant, Block parent, int heads, int hiddenSize) {
    // Can be made of any.
  }

  /** What servers cannot run is some combinations with it: see {@link Servable}. */
  @Override
  public String refusal(Servable server, Variant variant) {
    return null;
  }

  @Override
  public List<String> fields() {
    return List.of(FLAG, LIST);
  }

  @Override
  public Variant read(JsonValue entry, Subblock subblock, Parent parent) {
    return entry.flag(FLAG) || SparseList.names(entry, LIST, subblock)
        ? Variant.noOp(subblock)
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
