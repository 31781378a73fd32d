package puzzle.engine.huggingface;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.GatedFfn;
import puzzle.engine.decoder.SubblockKind;
import puzzle.engine.json.JsonValue;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.Subblock;
import puzzle.model.Variant;

/**
 * Blocks per layer as config.json spells them, in two ways. How one kind of subblock is spelt
 * stands in its {@link puzzle.engine.decoder.SubblockKind}.
 *
 * <p>{@code block_configs} has an entry per layer. Attention is told by {@code n_heads_in_group}
 * (query heads per KV head) or {@code num_key_value_heads}; an FFN by {@code intermediate_size}, or
 * by {@code ffn_mult}, from which the width is round-up-to-256(int(2 ffn_mult hidden / 3)).
 *
 * <p>{@code per_layer_config} is sparse: only what differs from the model's own sizes.
 */
final class BlockConfigs {

  private static final String MAYBE =
      "the child was made with subblocks this reader does not know:"
          + " it reads grouped-query attention, gated SiLU FFNs, linear and no-op";

  /** Fields of a subblock that change nothing with these values. */
  private static final Map<String, String> HARMLESS_AS =
      Map.of(
          "unshifted_sink", "false",
          "use_prefill_window_in_sink_attention", "false",
          "gated", "true",
          "hidden_act", "\"silu\"");

  private BlockConfigs() {}

  static Architecture read(JsonValue config, int layers, SubblockKind.Parent parent) {
    List<JsonValue> entries = config.objects("block_configs");
    if (entries.size() != layers) {
      throw config.bad(
          "num_hidden_layers", "layers, but block_configs has " + entries.size() + " entries");
    }
    List<Block> blocks = new ArrayList<>();
    for (JsonValue entry : entries) {
      requireKnown(entry, List.of("attention", "ffn"), Map.of());
      blocks.add(
          new Block(
              read(entry.object("attention"), Subblock.ATTENTION, parent),
              read(entry.object("ffn"), Subblock.FFN, parent)));
    }
    return new Architecture(blocks);
  }

  private static Variant read(JsonValue entry, Subblock subblock, SubblockKind.Parent parent) {
    requireKnown(entry, SubblockKind.fields(subblock), HARMLESS_AS);
    return SubblockKind.parse(entry, subblock, parent, null);
  }

  /** Every field is read, or has the one value that changes nothing. */
  private static void requireKnown(
      JsonValue entry, List<String> read, Map<String, String> harmless) {
    for (String field : entry.names()) {
      boolean known =
          !entry.has(field)
              || read.contains(field)
              || entry.at(field).json().equals(harmless.get(field));
      if (!known) {
        throw entry.bad(field, "is not supported", MAYBE);
      }
    }
  }

  /** The block of a layer of which nothing else is said. */
  static Block ofAllLayers(JsonValue config, int heads) {
    int kvHeads = config.integer("num_key_value_heads", 1, heads, heads);
    if (heads % kvHeads != 0) {
      throw config.bad("num_key_value_heads", "does not divide the " + heads + " heads");
    }
    return new Block(
        Variant.attention(kvHeads),
        Variant.ffn(config.integer("intermediate_size", 1, GatedFfn.MAX_WIDTH)));
  }

  static Architecture readSparse(
      JsonValue config, int layers, SubblockKind.Parent parent, Block all) {
    Architecture architecture = Architecture.uniform(all, layers);
    JsonValue perLayer = config.object("per_layer_config");
    for (String key : perLayer.names()) {
      int layer = key.matches("[0-9]{1,6}") ? Integer.parseInt(key) : -1;
      if (layer < 0 || layer >= layers) {
        throw perLayer.bad(key, "is for no layer from 0 to " + (layers - 1));
      }
      architecture = architecture.with(layer, readLayer(perLayer.object(key), parent, all));
    }
    return architecture;
  }

  private static Block readLayer(JsonValue layer, SubblockKind.Parent parent, Block own) {
    List<String> read = new ArrayList<>();
    for (Subblock subblock : Subblock.values()) {
      read.addAll(SubblockKind.fields(subblock));
    }
    requireKnown(layer, read, Map.of());
    return new Block(
        SubblockKind.parse(layer, Subblock.ATTENTION, parent, own.attention()),
        SubblockKind.parse(layer, Subblock.FFN, parent, own.ffn()));
  }

  /**
   * Writes {@code block_configs}.
   *
   * @param multipliers true for {@code ffn_mult}, false for exact {@code intermediate_size}
   */
  static ArrayNode write(DecoderConfig config, boolean multipliers) {
    ArrayNode entries = JsonNodeFactory.instance.arrayNode();
    for (Block block : config.architecture().blocks()) {
      ObjectNode entry = entries.addObject();
      ObjectNode a = entry.putObject("attention").putNull("n_heads_in_group");
      flags(a).putNull("window_length").putNull("num_sink_tokens");
      a.put("unshifted_sink", false).put("use_prefill_window_in_sink_attention", false);
      ObjectNode f = entry.putObject("ffn");
      if (multipliers) {
        f.putNull("ffn_mult");
      } else {
        f.putNull("intermediate_size").put("gated", true).put("hidden_act", "silu");
      }
      flags(f);
      for (Subblock subblock : Subblock.values()) {
        Variant variant = block.get(subblock);
        SubblockKind.of(variant)
            .write(config, variant, multipliers, subblock == Subblock.ATTENTION ? a : f);
      }
    }
    return entries;
  }

  private static ObjectNode flags(ObjectNode node) {
    return node.put("no_op", false).put("replace_with_linear", false).putNull("sparsify");
  }

  /** Writes {@code per_layer_config}: what differs from the block that the other fields tell. */
  static ObjectNode writeSparse(DecoderConfig config, Block all) {
    ObjectNode perLayer = JsonNodeFactory.instance.objectNode();
    for (int layer = 0; layer < config.layers(); layer++) {
      Block block = config.architecture().block(layer);
      ObjectNode entry = JsonNodeFactory.instance.objectNode();
      for (Subblock subblock : Subblock.values()) {
        Variant variant = block.get(subblock);
        if (!variant.equals(all.get(subblock))) {
          SubblockKind.of(variant).writeSparse(variant, entry);
        }
      }
      if (!entry.isEmpty()) {
        perLayer.set(Integer.toString(layer), entry);
      }
    }
    return perLayer;
  }
}
