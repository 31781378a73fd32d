package puzzle.engine.huggingface;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.json.JsonValue;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.Subblock;
import puzzle.model.Variant;

/**
 * Blocks per layer as config.json spells them, in two ways.
 *
 * <p>{@code block_configs} has an entry per layer. Attention is told by {@code n_heads_in_group}
 * (query heads per KV head) or {@code num_key_value_heads}; an FFN by {@code intermediate_size}, or
 * by {@code ffn_mult}, from which the width is round-up-to-256(int(2 ffn_mult hidden / 3)).
 *
 * <p>{@code per_layer_config} is sparse: only what differs from the model's own sizes.
 */
final class BlockConfigs {

  private static final int MULTIPLE = 256;
  private static final String MAYBE =
      "the child was made with subblocks this reader does not know:"
          + " it reads grouped-query attention, gated SiLU FFNs, linear and no-op";

  private BlockConfigs() {}

  /** Width of an FFN with this multiplier. */
  static int intermediateSize(double ffnMult, int hiddenSize) {
    int size = (int) (2 * ffnMult * hiddenSize / 3);
    return size % MULTIPLE == 0 ? size : size + MULTIPLE - size % MULTIPLE;
  }

  /** The multiplier that gives this width, a multiple of 256. */
  static double ffnMult(int intermediateSize, int hiddenSize) {
    return Math.round(1e6 * 3 * intermediateSize / (2.0 * hiddenSize)) / 1e6;
  }

  /** True where every FFN can be written as a multiplier and read back as the same width. */
  static boolean multipliersSuffice(DecoderConfig config) {
    return config.architecture().blocks().stream()
        .map(Block::ffn)
        .filter(ffn -> ffn.form() == Variant.Form.SIZED)
        .allMatch(
            ffn ->
                ffn.size() % MULTIPLE == 0
                    && intermediateSize(
                            ffnMult(ffn.size(), config.hiddenSize()), config.hiddenSize())
                        == ffn.size());
  }

  static Architecture read(JsonValue config, int layers, int heads, int hiddenSize) {
    List<JsonValue> entries = config.objects("block_configs");
    if (entries.size() != layers) {
      throw config.bad(
          "num_hidden_layers", "layers, but block_configs has " + entries.size() + " entries");
    }
    List<Block> blocks = new ArrayList<>();
    for (JsonValue entry : entries) {
      absent(entry, "parallel_blocks");
      blocks.add(
          new Block(
              readAttention(entry.object("attention"), heads),
              readFfn(entry.object("ffn"), hiddenSize)));
    }
    return new Architecture(blocks);
  }

  private static Variant readAttention(JsonValue attention, int heads) {
    for (String field :
        List.of("sparsify", "window_length", "num_sink_tokens", "mamba", "llama4")) {
      absent(attention, field);
    }
    if (attention.flag("unshifted_sink")) {
      throw attention.bad("unshifted_sink", "is not supported", MAYBE);
    }
    boolean grouped = attention.has("n_heads_in_group");
    String field = grouped ? "n_heads_in_group" : "num_key_value_heads";
    if (replaced(attention)) {
      absentWhereReplaced(attention, field);
      return replacement(attention, Subblock.ATTENTION);
    }
    int value = attention.integer(field, 1, heads);
    if (heads % value != 0) {
      throw attention.bad(field, "does not divide the " + heads + " attention heads");
    }
    return Variant.attention(grouped ? heads / value : value);
  }

  private static Variant readFfn(JsonValue ffn, int hiddenSize) {
    absent(ffn, "sparsify");
    absent(ffn, "moe");
    boolean multiplied = ffn.has("ffn_mult");
    String field = multiplied ? "ffn_mult" : "intermediate_size";
    if (replaced(ffn)) {
      absentWhereReplaced(ffn, field);
      return replacement(ffn, Subblock.FFN);
    }
    if (ffn.has("gated") && !ffn.flag("gated")) {
      throw ffn.bad("gated", "is not supported", MAYBE);
    }
    if (ffn.has("hidden_act") && !ffn.text("hidden_act").equals("silu")) {
      throw ffn.bad("hidden_act", "is not supported", MAYBE);
    }
    if (!multiplied) {
      return Variant.ffn(ffn.integer(field, 1, HuggingFaceConfig.MAX_WIDTH));
    }
    int size = intermediateSize(ffn.number(field, 1e-6, 1e4), hiddenSize);
    if (size < 1 || size > HuggingFaceConfig.MAX_WIDTH) {
      throw ffn.bad(field, "gives an intermediate size of " + size);
    }
    return Variant.ffn(size);
  }

  private static boolean replaced(JsonValue subblock) {
    boolean noOp = subblock.flag("no_op");
    boolean linear = subblock.flag("replace_with_linear");
    if (noOp && linear) {
      throw subblock.bad("no_op", "and replace_with_linear exclude each other");
    }
    return noOp || linear;
  }

  private static Variant replacement(JsonValue subblock, Subblock which) {
    return subblock.flag("no_op") ? Variant.noOp(which) : Variant.linear(which);
  }

  private static void absentWhereReplaced(JsonValue subblock, String field) {
    if (subblock.has(field)) {
      throw subblock.bad(field, "is given for a no-op or linear subblock, where it must be null");
    }
  }

  private static void absent(JsonValue fields, String field) {
    if (fields.has(field)) {
      throw fields.bad(field, "is not supported", MAYBE);
    }
  }

  static Architecture readSparse(JsonValue config, Block parent, int layers, int heads) {
    Architecture architecture = Architecture.uniform(parent, layers);
    JsonValue perLayer = config.object("per_layer_config");
    for (String key : perLayer.names()) {
      int layer = key.matches("[0-9]{1,6}") ? Integer.parseInt(key) : -1;
      if (layer < 0 || layer >= layers) {
        throw perLayer.bad(key, "is for no layer from 0 to " + (layers - 1));
      }
      architecture = architecture.with(layer, readLayer(perLayer.object(key), parent, heads));
    }
    return architecture;
  }

  private static Block readLayer(JsonValue layer, Block parent, int heads) {
    Variant attention = parent.attention();
    Variant ffn = parent.ffn();
    for (String field : layer.names()) {
      switch (field) {
        case "intermediate_size" ->
            ffn = Variant.ffn(layer.integer(field, 1, HuggingFaceConfig.MAX_WIDTH));
        case "num_key_value_heads" -> {
          attention = Variant.attention(layer.integer(field, 1, heads));
          if (heads % attention.size() != 0) {
            throw layer.bad(field, "does not divide the " + heads + " attention heads");
          }
        }
        case "skip", "linear" -> {
          // After the sizes, below.
        }
        default -> throw layer.bad(field, "is not supported per layer", MAYBE);
      }
    }
    for (String field : List.of("skip", "linear")) {
      for (String subblock : layer.texts(field)) {
        boolean skip = field.equals("skip");
        switch (subblock) {
          case "attention" ->
              attention =
                  skip ? Variant.noOp(Subblock.ATTENTION) : Variant.linear(Subblock.ATTENTION);
          case "mlp", "ffn" ->
              ffn = skip ? Variant.noOp(Subblock.FFN) : Variant.linear(Subblock.FFN);
          default -> throw layer.bad(field, "names neither attention nor mlp");
        }
      }
    }
    return new Block(attention, ffn);
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
      Variant attention = block.attention();
      ObjectNode a = entry.putObject("attention");
      if (attention.form() == Variant.Form.SIZED) {
        a.put("n_heads_in_group", config.heads() / attention.size());
      } else {
        a.putNull("n_heads_in_group");
      }
      writeForm(a, attention);
      a.putNull("window_length").putNull("num_sink_tokens");
      a.put("unshifted_sink", false).put("use_prefill_window_in_sink_attention", false);

      Variant ffn = block.ffn();
      ObjectNode f = entry.putObject("ffn");
      boolean sized = ffn.form() == Variant.Form.SIZED;
      if (!multipliers) {
        if (sized) {
          f.put("intermediate_size", ffn.size());
        } else {
          f.putNull("intermediate_size");
        }
        f.put("gated", true).put("hidden_act", "silu");
      } else if (sized) {
        f.put("ffn_mult", ffnMult(ffn.size(), config.hiddenSize()));
      } else {
        f.putNull("ffn_mult");
      }
      writeForm(f, ffn);
    }
    return entries;
  }

  private static void writeForm(ObjectNode node, Variant variant) {
    node.put("no_op", variant.form() == Variant.Form.NO_OP);
    node.put("replace_with_linear", variant.form() == Variant.Form.LINEAR);
    node.putNull("sparsify");
  }

  /** Writes {@code per_layer_config}: what differs from the parent's block. */
  static ObjectNode writeSparse(DecoderConfig config) {
    ObjectNode perLayer = JsonNodeFactory.instance.objectNode();
    for (int layer = 0; layer < config.layers(); layer++) {
      Block block = config.architecture().block(layer);
      ObjectNode entry = JsonNodeFactory.instance.objectNode();
      for (Subblock subblock : Subblock.values()) {
        Variant variant = block.get(subblock);
        boolean attention = subblock == Subblock.ATTENTION;
        if (variant.equals(config.parentBlock().get(subblock))) {
          continue;
        }
        switch (variant.form()) {
          case SIZED ->
              entry.put(attention ? "num_key_value_heads" : "intermediate_size", variant.size());
          case LINEAR -> entry.withArray("linear").add(attention ? "attention" : "mlp");
          case NO_OP -> entry.withArray("skip").add(attention ? "attention" : "mlp");
        }
      }
      if (!entry.isEmpty()) {
        perLayer.set(Integer.toString(layer), entry);
      }
    }
    return perLayer;
  }
}
