package puzzle.engine.huggingface;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Function;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.DecoderConfig.RopeScaling;
import puzzle.engine.decoder.SubblockKind;
import puzzle.engine.files.AtomicFile;
import puzzle.engine.json.JsonValue;
import puzzle.engine.safetensors.ElementType;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.InvalidInputException;
import puzzle.model.Variant;
import puzzle.model.Variant.Size;

/**
 * {@code config.json} of the decoders this project knows: Llama, Mistral, Qwen2, Qwen3, and
 * children of any of them ({@code nemotron-nas}, {@code block_configs} or {@code per_layer_config}
 * on the parent's own config). What would change the computation and is not supported is refused by
 * name, never ignored.
 */
public final class HuggingFaceConfig {

  /** Bounds that keep every product of sizes within a long. */
  static final int MAX_WIDTH = 1 << 24;

  private static final int MAX_LAYERS = 4096;
  private static final String CHILD = "nemotron-nas";
  private static final Map<String, String> CLASSES =
      Map.of(
          "llama",
          "LlamaForCausalLM",
          "mistral",
          "MistralForCausalLM",
          "qwen2",
          "Qwen2ForCausalLM",
          "qwen3",
          "Qwen3ForCausalLM",
          CHILD,
          "DeciLMForCausalLM");
  private static final String SUPPORTED =
      "use a Llama, Mistral, Qwen2, Qwen3 or nemotron-nas checkpoint:"
          + " model_type llama, mistral, qwen2, qwen3, nemotron-nas";

  static final ObjectMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private final JsonValue fields;
  private final String type;

  private HuggingFaceConfig(JsonValue fields) {
    this.fields = fields;
    this.type = fields.text("model_type");
  }

  /**
   * Reads a config.
   *
   * @param path the folder, or the file itself
   * @throws InvalidInputException naming file, JSON pointer and value
   */
  public static DecoderConfig read(Path path) {
    Path file = Files.isDirectory(path) ? path.resolve("config.json") : path;
    return new HuggingFaceConfig(JsonValue.read(file)).read();
  }

  /** The id that ends a document, the first where the config names several, if it names one. */
  public static OptionalInt eosToken(Path folder) {
    JsonValue fields = JsonValue.read(folder.resolve("config.json"));
    if (!fields.has("eos_token_id")) {
      return OptionalInt.empty();
    }
    List<Integer> ids = fields.integers("eos_token_id", 0, MAX_WIDTH);
    return ids.isEmpty() ? OptionalInt.empty() : OptionalInt.of(ids.get(0));
  }

  /** The class of {@code transformers} that runs a family. */
  static String architectureOf(String family) {
    return CLASSES.get(family);
  }

  private DecoderConfig read() {
    if (!CLASSES.containsKey(type)) {
      throw fields.bad("model_type", "is not a supported model type", SUPPORTED);
    }
    checkClass();
    checkUnsupported();
    String family = family();
    int hidden = fields.integer("hidden_size", 1, 1 << 20);
    int heads = fields.integer("num_attention_heads", 1, 1 << 16);
    int layers = fields.integer("num_hidden_layers", 1, MAX_LAYERS);
    int headSize = headSize(hidden, heads);
    int positions = fields.integer("max_position_embeddings", 1, 1 << 30, defaultPositions());
    positions = Math.min(positions, window(positions));
    SubblockKind.Parent sizes = new SubblockKind.Parent(() -> heads, () -> hidden);
    Architecture blocks = null;
    if (fields.has("block_configs")) {
      blocks = BlockConfigs.read(fields, layers, sizes);
    }
    Block parent = parentBlock(blocks, heads);
    if (blocks == null) {
      blocks =
          fields.has("per_layer_config")
              ? BlockConfigs.readSparse(fields, layers, sizes, parent)
              : Architecture.uniform(parent, layers);
    }
    String rope = fields.has("rope_parameters") ? "rope_parameters" : "rope_scaling";
    boolean nested = fields.has(rope) && fields.object(rope).has("rope_theta");
    double theta = (nested ? fields.object(rope) : fields).number("rope_theta", 1e-3, 1e12, 10_000);
    return new DecoderConfig(
        family,
        fields.integer("vocab_size", 1, MAX_WIDTH),
        hidden,
        heads,
        headSize,
        fields.number("rms_norm_eps", 0, 1, 1e-6),
        theta,
        ropeScaling(rope, positions),
        positions,
        fields.flag("tie_word_embeddings"),
        family.equals("qwen2") || fields.flag("qkv_bias"),
        family.equals("qwen3"),
        parent,
        blocks);
  }

  private String family() {
    if (!type.equals(CHILD)) {
      return type;
    }
    if (!fields.has("block_configs")) {
      throw fields.bad("block_configs", "a nemotron-nas config must have");
    }
    return fields.flag("qkv_bias") ? "qwen2" : "llama";
  }

  private void checkClass() {
    List<String> classes = fields.texts("architectures");
    String own = CLASSES.get(type);
    if (classes.equals(List.of("AnyModel"))) {
      String base = fields.text("base_architecture");
      if (!base.equals(own)) {
        throw fields.bad("base_architecture", "is not the " + own + " of model_type " + type);
      }
    } else if (!classes.isEmpty() && !classes.equals(List.of(own))) {
      throw fields.bad("architectures", "is not [" + own + "]", SUPPORTED);
    }
  }

  private void checkUnsupported() {
    for (String field : List.of("attention_bias", "mlp_bias", "bias", "o_proj_bias")) {
      if (fields.flag(field)) {
        throw fields.bad(
            field,
            "is not supported: biases are, on q, k and v of Qwen2 only",
            "use a checkpoint without them");
      }
    }
    if (fields.has("hidden_act") && !fields.text("hidden_act").equals("silu")) {
      throw fields.bad("hidden_act", "is not silu, the only activation supported", SUPPORTED);
    }
    if (fields.has("quantization_config")) {
      throw fields.bad(
          "quantization_config",
          "is not supported: a parent's weights are fp32, bf16 or fp16",
          "fetch the checkpoint it was quantised from");
    }
    if (fields.number("partial_rotary_factor", 0, 1, 1) != 1) {
      throw fields.bad("partial_rotary_factor", "is not 1, the only one supported", SUPPORTED);
    }
    if (fields.has("position_embedding_type")
        && !fields.text("position_embedding_type").equals("rope")) {
      throw fields.bad("position_embedding_type", "is not rope", SUPPORTED);
    }
  }

  private int headSize(int hidden, int heads) {
    if (!fields.has("head_dim") && type.equals("qwen3")) {
      return 128;
    }
    if (!fields.has("head_dim") && hidden % heads != 0) {
      throw fields.bad("num_attention_heads", "does not divide hidden_size " + hidden);
    }
    int headSize = fields.integer("head_dim", 2, 1 << 14, Math.max(1, hidden / heads));
    if (headSize % 2 != 0) {
      throw fields.bad(
          fields.has("head_dim") ? "head_dim" : "num_attention_heads",
          "gives a head size of " + headSize + ", odd: rotary positions need pairs");
    }
    return headSize;
  }

  private int defaultPositions() {
    return switch (type) {
      case "mistral" -> 131_072;
      case "qwen2", "qwen3" -> 32_768;
      default -> 2048;
    };
  }

  /**
   * Sliding windows are not computed. Within its first window a model that has them sees all there
   * is, as without; so its positions end there.
   */
  private int window(int positions) {
    boolean unused = type.startsWith("qwen") && !fields.flag("use_sliding_window");
    boolean sliding =
        fields.texts("layer_types").stream().anyMatch(t -> !t.equals("full_attention"));
    if (sliding && !fields.has("sliding_window")) {
      throw fields.bad("layer_types", "holds other than full_attention", SUPPORTED);
    }
    return unused || !fields.has("sliding_window")
        ? positions
        : fields.integer("sliding_window", 1, Integer.MAX_VALUE);
  }

  /** A child's config says its own blocks; its parent's block is noted, or taken as the largest. */
  private Block parentBlock(Architecture blocks, int heads) {
    if (blocks == null) {
      int kv = fields.integer("num_key_value_heads", 1, heads, heads);
      if (heads % kv != 0) {
        throw fields.bad("num_key_value_heads", "does not divide the " + heads + " heads");
      }
      return new Block(
          Variant.attention(kv), Variant.ffn(fields.integer("intermediate_size", 1, MAX_WIDTH)));
    }
    if (fields.has("puzzle")) {
      JsonValue noted = fields.object("puzzle");
      int kv = noted.integer("parent_kv_heads", 1, heads);
      if (heads % kv != 0) {
        throw noted.bad("parent_kv_heads", "does not divide the " + heads + " heads");
      }
      return new Block(
          Variant.attention(kv),
          Variant.ffn(noted.integer("parent_intermediate_size", 1, MAX_WIDTH)));
    }
    int kv = largest(blocks, Block::attention, Size.KV_HEADS);
    int width = largest(blocks, Block::ffn, Size.WIDTH);
    kv = kv > 0 ? kv : fields.integer("num_key_value_heads", 1, heads, heads);
    width = width > 0 ? width : fields.integer("intermediate_size", 1, MAX_WIDTH, 1);
    return new Block(Variant.attention(kv), Variant.ffn(width));
  }

  /** 0 if no half has that size. */
  private static int largest(Architecture blocks, Function<Block, Variant> half, Size size) {
    return blocks.blocks().stream()
        .mapToInt(block -> half.apply(block).sizes().getOrDefault(size, 0))
        .max()
        .orElse(0);
  }

  private RopeScaling ropeScaling(String field, int positions) {
    if (!fields.has(field)) {
      return null;
    }
    JsonValue scaling = fields.object(field);
    String kind = scaling.has("rope_type") ? "rope_type" : "type";
    String scheme = scaling.has(kind) ? scaling.text(kind) : "default";
    if (scheme.equals("default")) {
      return null;
    }
    if (!scheme.equals("llama3")) {
      throw scaling.bad(kind, "is not a supported rope scaling: default and llama3 are", SUPPORTED);
    }
    double low = scaling.number("low_freq_factor", 1e-3, 1e6);
    double high = scaling.number("high_freq_factor", 1e-3, 1e6);
    if (high <= low) {
      throw scaling.bad("high_freq_factor", "is not above low_freq_factor " + low);
    }
    return new RopeScaling(
        scaling.number("factor", 1, 1e6),
        low,
        high,
        scaling.integer("original_max_position_embeddings", 1, 1 << 30, positions));
  }

  /**
   * Writes a parent's {@code config.json}.
   *
   * @param dtype what the weights beside it are written as
   * @param eosToken the id that ends a document, or null
   */
  public static void write(Path folder, DecoderConfig config, ElementType dtype, Integer eosToken) {
    ObjectNode node = parent(config, dtype, eosToken);
    AtomicFile.write(folder.resolve("config.json"), out -> out.write(JSON.writeValueAsBytes(node)));
  }

  /** The fields of a parent's config, whatever its layers were replaced by. */
  static ObjectNode parent(DecoderConfig config, ElementType dtype, Integer eosToken) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.putArray("architectures").add(CLASSES.get(config.family()));
    node.put("model_type", config.family());
    if (config.family().equals("llama") || config.family().equals("qwen3")) {
      node.put("attention_bias", false);
    }
    node.put("attention_dropout", 0.0);
    node.putNull("bos_token_id");
    node.put("eos_token_id", eosToken);
    node.put("head_dim", config.headSize());
    node.put("hidden_act", "silu");
    node.put("hidden_size", config.hiddenSize());
    node.put("initializer_range", 0.02);
    node.put("intermediate_size", config.intermediateSize());
    node.put("max_position_embeddings", config.maxPositions());
    if (config.family().equals("llama")) {
      node.put("mlp_bias", false);
    }
    node.put("num_attention_heads", config.heads());
    node.put("num_hidden_layers", config.layers());
    node.put("num_key_value_heads", config.kvHeads());
    node.put("rms_norm_eps", config.rmsNormEps());
    RopeScaling scaling = config.ropeScaling();
    if (scaling == null) {
      node.putNull("rope_scaling");
    } else {
      node.putObject("rope_scaling")
          .put("rope_type", "llama3")
          .put("factor", scaling.factor())
          .put("low_freq_factor", scaling.lowFrequencyFactor())
          .put("high_freq_factor", scaling.highFrequencyFactor())
          .put("original_max_position_embeddings", scaling.originalPositions());
    }
    node.put("rope_theta", config.ropeTheta());
    if (config.family().equals("mistral")) {
      node.putNull("sliding_window");
    }
    node.put("tie_word_embeddings", config.tiedEmbeddings());
    node.put(
        "torch_dtype",
        switch (dtype) {
          case BF16 -> "bfloat16";
          case F16 -> "float16";
          default -> "float32";
        });
    node.put("use_cache", true);
    node.put("vocab_size", config.vocabSize());
    return node;
  }
}
