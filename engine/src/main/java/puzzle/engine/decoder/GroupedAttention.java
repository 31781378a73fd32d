package puzzle.engine.decoder;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import puzzle.engine.json.JsonValue;
import puzzle.model.Block;
import puzzle.model.InvalidInputException;
import puzzle.model.Subblock;
import puzzle.model.Variant;
import puzzle.model.Variant.Kind;
import puzzle.model.Variant.Size;

/** Grouped-query attention: all query heads of the parent, fewer KV heads. */
final class GroupedAttention implements SubblockKind {

  static final SubblockKind KIND = new GroupedAttention();

  private static final int MAX_HEADS = 1 << 16;
  private static final String KV_HEADS = "num_key_value_heads";
  private static final String HEADS_IN_GROUP = "n_heads_in_group";

  private static final Optional<KernelCall> CALL =
      Optional.of(
          new KernelCall(
              "attention",
              "prefill",
              "decode",
              List.of(
                  TensorLayout.norm(Subblock.ATTENTION),
                  "self_attn.q_proj.weight",
                  "self_attn.k_proj.weight",
                  "self_attn.v_proj.weight",
                  "self_attn.o_proj.weight",
                  "self_attn.q_proj.bias",
                  "self_attn.k_proj.bias",
                  "self_attn.v_proj.bias",
                  "self_attn.q_norm.weight",
                  "self_attn.k_norm.weight",
                  KernelCall.COS,
                  KernelCall.SIN,
                  KernelCall.EPS)));

  private GroupedAttention() {}

  @Override
  public Map<String, TensorSpec> tensors(DecoderConfig config, Variant variant) {
    long hidden = config.hiddenSize();
    long queries = (long) config.heads() * config.headSize();
    long keys = (long) variant.size(Size.KV_HEADS) * config.headSize();
    Map<String, TensorSpec> tensors = new LinkedHashMap<>();
    tensors.put(TensorLayout.norm(Subblock.ATTENTION), TensorSpec.norm(hidden));
    tensors.put("self_attn.q_proj.weight", TensorSpec.matrix(queries, hidden));
    tensors.put("self_attn.k_proj.weight", TensorSpec.matrix(keys, hidden));
    tensors.put("self_attn.v_proj.weight", TensorSpec.matrix(keys, hidden));
    tensors.put("self_attn.o_proj.weight", TensorSpec.output(hidden, queries));
    if (config.qkvBias()) {
      tensors.put("self_attn.q_proj.bias", TensorSpec.bias(queries));
      tensors.put("self_attn.k_proj.bias", TensorSpec.bias(keys));
      tensors.put("self_attn.v_proj.bias", TensorSpec.bias(keys));
    }
    if (config.qkNorm()) {
      tensors.put("self_attn.q_norm.weight", TensorSpec.norm(config.headSize()));
      tensors.put("self_attn.k_norm.weight", TensorSpec.norm(config.headSize()));
    }
    return tensors;
  }

  /** Keys and values; each device keeps at least one head. */
  @Override
  public long kvElementsPerToken(DecoderConfig config, Variant variant, int devices) {
    return 2L * Math.max(variant.size(Size.KV_HEADS), devices) * config.headSize();
  }

  /** Where there are fewer KV heads than devices, each keeps one and its rows of W_k and W_v. */
  @Override
  public long copiedElements(DecoderConfig config, Variant variant, int devices) {
    long copies = Math.max(0, devices - variant.size(Size.KV_HEADS));
    return 2L * config.hiddenSize() * config.headSize() * copies;
  }

  @Override
  public void launch(DecoderConfig config, Variant variant, int devices, Launches device) {
    int kvHeads = variant.size(Size.KV_HEADS);
    if (config.heads() % kvHeads != 0
        || (kvHeads >= devices ? kvHeads % devices : devices % kvHeads) != 0) {
      throw new InvalidInputException(
          "%d KV heads do not go into %d heads on %d devices.%nMaybe use a divisor of the heads."
              .formatted(kvHeads, config.heads(), devices));
    }
    int heads = config.heads() / devices;
    int ownKvHeads = Math.max(1, kvHeads / devices);
    long channels = (heads + 2L * ownKvHeads) * config.headSize();
    device.norm();
    device.gemm(channels, config.hiddenSize());
    device.gemm(config.hiddenSize(), (long) heads * config.headSize());
    device.allReduce();
    device.rotary(channels);
    device.attention(heads, ownKvHeads);
  }

  @Override
  public Optional<KernelCall> call(Variant variant) {
    return CALL;
  }

  @Override
  public void requireFit(Variant variant, Block parent, int heads, int hiddenSize) {
    int kvHeads = variant.size(Size.KV_HEADS);
    int most =
        parent.attention().kind() == Kind.GROUPED_ATTENTION
            ? parent.attention().size(Size.KV_HEADS)
            : 0;
    if (kvHeads > most) {
      throw new IllegalArgumentException(
          ("%s is more than the parent has, %d.%n"
                  + "Maybe write a smaller one: variants are made of the parent's weights.")
              .formatted(variant, most));
    }
    if (heads % kvHeads != 0) {
      throw new IllegalArgumentException(
          ("%s: %d query heads cannot be dealt to %d KV heads.%n"
                  + "Maybe write a number that divides %d.")
              .formatted(variant, heads, kvHeads, heads));
    }
  }

  @Override
  public String refusal(Servable server, Variant variant) {
    return null;
  }

  @Override
  public List<String> fields() {
    return List.of(HEADS_IN_GROUP, KV_HEADS);
  }

  @Override
  public Variant read(JsonValue entry, Subblock subblock, Parent parent) {
    if (entry.has(HEADS_IN_GROUP)) {
      int heads = parent.heads().getAsInt();
      return Variant.attention(heads / divisor(entry, HEADS_IN_GROUP, heads));
    }
    return entry.has(KV_HEADS)
        ? Variant.attention(divisor(entry, KV_HEADS, parent.heads().getAsInt()))
        : null;
  }

  @Override
  public void write(DecoderConfig config, Variant variant, boolean multipliers, ObjectNode entry) {
    entry.put(HEADS_IN_GROUP, config.heads() / variant.size(Size.KV_HEADS));
  }

  @Override
  public void writeSparse(Variant variant, ObjectNode layer) {
    layer.put(KV_HEADS, variant.size(Size.KV_HEADS));
  }

  private static int divisor(JsonValue entry, String field, int heads) {
    int value = entry.integer(field, 1, MAX_HEADS);
    if (heads % value != 0) {
      throw entry.bad(field, "does not divide the " + heads + " attention heads");
    }
    return value;
  }
}
