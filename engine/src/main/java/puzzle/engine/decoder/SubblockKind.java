package puzzle.engine.decoder;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntSupplier;
import puzzle.engine.json.JsonValue;
import puzzle.model.Block;
import puzzle.model.Subblock;
import puzzle.model.Variant;

/**
 * What one kind of subblock is: everything that differs between grouped attention, gated FFNs, one
 * matrix and nothing, but for the ways of making first weights, which are in {@code
 * puzzle.engine.surgery}. No tensors here, only what there is to say about them.
 *
 * <p>How to add one: {@code docs/how-to/add-a-variant.md}.
 */
public interface SubblockKind {

  /** The one place that knows all kinds: without a line here a new one does not compile. */
  static SubblockKind of(Variant.Kind kind) {
    return switch (kind) {
      case GROUPED_ATTENTION -> GroupedAttention.KIND;
      case GATED_FFN -> GatedFfn.KIND;
      case LOW_RANK_FFN -> LowRankFfn.KIND;
      case LINEAR -> LinearSubblock.KIND;
      case NO_OP -> NoOp.KIND;
    };
  }

  static SubblockKind of(Variant variant) {
    return of(variant.kind());
  }

  /**
   * What the numbers of an entry relate to, asked for only if they do.
   *
   * @param heads query heads; 0 if that is not known
   */
  record Parent(IntSupplier heads, IntSupplier hiddenSize) {}

  /**
   * The variant of the one kind that an entry says a subblock is of.
   *
   * @param otherwise if it says none; null if it must
   * @throws puzzle.model.InvalidInputException if it says two, or none and must
   */
  static Variant parse(JsonValue entry, Subblock subblock, Parent parent, Variant otherwise) {
    Variant found = null;
    for (Variant.Kind kind : Variant.Kind.of(subblock)) {
      Variant variant = of(kind).read(entry, subblock, parent);
      if (found != null && variant != null) {
        String field = of(found).fields().stream().filter(entry::has).findFirst().orElseThrow();
        throw entry.bad(field, "is given beside " + variant + ", where it must be null");
      }
      found = variant == null ? found : variant;
    }
    if (found == null && otherwise == null) {
      throw entry.bad("has none of " + String.join(", ", fields(subblock)));
    }
    return found == null ? otherwise : found;
  }

  /** Fields that tell any kind that may stand in a subblock. */
  static List<String> fields(Subblock subblock) {
    return Variant.Kind.of(subblock).stream().flatMap(kind -> of(kind).fields().stream()).toList();
  }

  /** Its tensors under their Hugging Face names without the layer's prefix; its norm first. */
  Map<String, TensorSpec> tensors(DecoderConfig config, Variant variant);

  /** Elements of the KV cache per token, over all devices. */
  long kvElementsPerToken(DecoderConfig config, Variant variant, int devices);

  /**
   * Elements of its matrices that more than one device keeps, counted once for each further device.
   */
  long copiedElements(DecoderConfig config, Variant variant, int devices);

  /**
   * Tells what it launches on each of some tensor-parallel devices.
   *
   * @throws puzzle.model.InvalidInputException if it cannot be split over that many
   */
  void launch(DecoderConfig config, Variant variant, int devices, Launches device);

  /** How it is computed; empty if the hidden states pass unchanged. */
  Optional<KernelCall> call(Variant variant);

  /**
   * Checks that it can be made of a parent's subblock.
   *
   * @param heads query heads of the parent
   * @throws IllegalArgumentException if it cannot, with what to do
   */
  void requireFit(Variant variant, Block parent, int heads, int hiddenSize);

  /** Why a server cannot run it, as the end of a sentence about it; null if it can. */
  String refusal(Servable server, Variant variant);

  /**
   * Fields of {@code config.json} and {@code subblock_stats.json} that tell it, in {@link #read}.
   */
  List<String> fields();

  /**
   * Reads an entry of {@code block_configs} or {@code subblock_stats}, which is about one subblock,
   * or of {@code per_layer_config}, which is about a layer.
   *
   * @return null if the entry does not say that the subblock is of this kind
   */
  Variant read(JsonValue entry, Subblock subblock, Parent parent);

  /**
   * Says in a subblock's entry of {@code block_configs} what differs from one in which every size
   * is null and every flag false.
   *
   * @param multipliers true for {@code ffn_mult}, false for exact {@code intermediate_size}
   */
  void write(DecoderConfig config, Variant variant, boolean multipliers, ObjectNode entry);

  /** Says in a layer's entry of {@code per_layer_config} that a subblock is this. */
  void writeSparse(Variant variant, ObjectNode layer);
}
