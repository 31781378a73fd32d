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
import java.util.Set;
import java.util.stream.Collectors;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.DecoderConfig.RopeScaling;
import puzzle.engine.decoder.SubblockKind;
import puzzle.engine.files.AtomicFile;
import puzzle.engine.json.JsonValue;
import puzzle.engine.safetensors.ElementType;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.InvalidInputException;

/**
 * {@code config.json} of the decoders this project knows: Llama, Mistral, Qwen2, Qwen3, and
 * children of any of them ({@code nemotron-nas}, {@code block_configs} or {@code per_layer_config}
 * on the parent's own config). Every field is read, known to be harmless ({@link ConfigFields}), or
 * refused by name, never ignored.
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
  static final String SUPPORTED =
      "use a Llama, Mistral, Qwen2, Qwen3 or nemotron-nas checkpoint:"
          + " model_type llama, mistral, qwen2, qwen3, nemotron-nas";

  private static final String FULL = "full_attention";
  private static final String SLIDING = "sliding_attention";

  private static final Set<String> DECILM = Set.of("DeciLMConfig", "DeciLMForCausalLM");
  private static final Set<String> CODE_OF_OTHER_TASKS =
      Set.of(
          "AutoTokenizer",
          "AutoProcessor",
          "AutoModelForSequenceClassification",
          "AutoModelForTokenClassification");

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
    if (Files.isRegularFile(path)) {
      return new HuggingFaceConfig(JsonValue.read(path)).read();
    }
    HubCache.requireModel(path);
    Path file = path.resolve("config.json");
    return new HuggingFaceConfig(JsonValue.read(file)).read();
  }

  /** The class of {@code transformers} that runs a family. */
  static String architectureOf(String family) {
    return CLASSES.get(family);
  }

  private DecoderConfig read() {
    if (!CLASSES.containsKey(type)) {
      throw fields.bad("model_type", "is not a supported model type", SUPPORTED);
    }
    ConfigFields.check(fields);
    checkClass();
    checkCode();
    String family = family();
    int hidden = fields.integer("hidden_size", 1, 1 << 20);
    int heads = fields.integer("num_attention_heads", 1, 1 << 16);
    int layers = fields.integer("num_hidden_layers", 1, MAX_LAYERS);
    int headSize = headSize(hidden, heads);
    int vocabulary = fields.integer("vocab_size", 1, MAX_WIDTH);
    checkTokens(vocabulary);
    int positions = fields.integer("max_position_embeddings", 1, 1 << 30, defaultPositions());
    Set<String> layerTypes = layerTypes(layers);
    RotaryFields rotary = RotaryFields.read(fields, layerTypes, positions);
    checkOriginal(rotary);
    positions = Math.min(positions, window(positions, layerTypes));
    SubblockKind.Parent sizes = new SubblockKind.Parent(() -> heads, () -> hidden);
    Architecture blocks;
    if (fields.has("block_configs")) {
      blocks = BlockConfigs.read(fields, layers, sizes);
    } else {
      Block all = BlockConfigs.ofAllLayers(fields, heads);
      blocks =
          fields.has("per_layer_config")
              ? BlockConfigs.readSparse(fields, layers, sizes, all)
              : Architecture.uniform(all, layers);
    }
    return new DecoderConfig(
        family,
        vocabulary,
        hidden,
        heads,
        headSize,
        fields.number("rms_norm_eps", 0, 1, 1e-6),
        rotary.theta(),
        rotary.scaling(),
        positions,
        fields.flag("tie_word_embeddings"),
        qkvBias(family),
        family.equals("qwen3"),
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

  /**
   * Code of a checkpoint is never run. Where it is named, other programs may run it, so that what
   * is computed here would be another model; but for what concerns text or other tasks, and for the
   * code that comes with NVIDIA's Puzzle models, which this project computes itself.
   */
  private void checkCode() {
    if (!fields.has("auto_map")) {
      return;
    }
    JsonValue map = fields.object("auto_map");
    for (String name : map.names()) {
      if (!map.has(name) || CODE_OF_OTHER_TASKS.contains(name)) {
        continue;
      }
      String code = map.text(name);
      boolean known =
          type.equals(CHILD) && DECILM.contains(code.substring(code.lastIndexOf('.') + 1));
      if (!known) {
        throw map.bad(
            name,
            "is code of the checkpoint's own, which is never run",
            "remove auto_map if the model computes what " + CLASSES.get(type) + " does");
      }
    }
  }

  /** Biases on q, k and v are Qwen2's own; a child of one says so. */
  private boolean qkvBias(String family) {
    boolean own = family.equals("qwen2");
    if (fields.has("qkv_bias") && fields.flag("qkv_bias") != own) {
      throw fields.bad("qkv_bias", "is not what a " + family + " model has", SUPPORTED);
    }
    return own;
  }

  /** At the top it stands for readers that look for it there. */
  private void checkOriginal(RotaryFields rotary) {
    String field = "original_max_position_embeddings";
    if (rotary.scaling() != null
        && fields.integer(field, 1, 1 << 30, rotary.scaling().originalPositions())
            != rotary.scaling().originalPositions()) {
      throw fields.bad(field, "is not what the rope scaling says", "leave one of them");
    }
  }

  private void checkTokens(int vocabulary) {
    if (fields.has("eos_token_id")) {
      for (int id : fields.integers("eos_token_id", 0, Integer.MAX_VALUE)) {
        if (id >= vocabulary) {
          throw fields.bad(
              "eos_token_id",
              "names a token beyond the vocabulary, %d of %d".formatted(id, vocabulary),
              "take the id from tokenizer_config.json or generation_config.json, or compare"
                  + " vocab_size");
        }
      }
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

  /** The kinds of attention that the layers have; all the same where nothing is said. */
  private Set<String> layerTypes(int layers) {
    if (!fields.has("layer_types")) {
      return Set.of(FULL);
    }
    List<JsonValue> types = fields.list("layer_types");
    if (types.size() != layers) {
      throw fields.bad("layer_types", "is not a list of one for each of " + layers + " layers");
    }
    for (JsonValue one : types) {
      if (!one.text().equals(FULL) && !one.text().equals(SLIDING)) {
        throw one.bad("is neither " + FULL + " nor " + SLIDING);
      }
    }
    return types.stream().map(JsonValue::text).collect(Collectors.toSet());
  }

  /**
   * Sliding windows and attention in chunks are not computed. Within its first window a model that
   * has them sees all there is, as without; so its positions end there, in all layers.
   */
  private int window(int positions, Set<String> layerTypes) {
    boolean unused = type.startsWith("qwen") && !fields.flag("use_sliding_window");
    if (layerTypes.contains(SLIDING) && (unused || !fields.has("sliding_window"))) {
      throw fields.bad(
          "layer_types", "holds " + SLIDING + ", but no sliding_window is in use", SUPPORTED);
    }
    int window =
        unused || !fields.has("sliding_window")
            ? positions
            : fields.integer("sliding_window", 1, Integer.MAX_VALUE);
    if (fields.has("dual_chunk_attention_config")) {
      JsonValue chunks = fields.object("dual_chunk_attention_config");
      int chunk = chunks.integer("chunk_size", 1, 1 << 30);
      window = Math.min(window, chunk - chunks.integer("local_size", 0, chunk - 1, 0));
    }
    return window;
  }

  /**
   * Writes a parent's {@code config.json}.
   *
   * @param dtype what the weights beside it are written as
   * @param eosToken the id that ends a document, or null
   */
  public static void write(Path folder, DecoderConfig config, ElementType dtype, Integer eosToken) {
    ObjectNode node = parent(config, dtype, eosToken);
    ObjectNode perLayer = BlockConfigs.writeSparse(config, config.parentBlock());
    if (!perLayer.isEmpty()) {
      node.set("per_layer_config", perLayer);
    }
    AtomicFile.write(folder.resolve("config.json"), out -> out.write(JSON.writeValueAsBytes(node)));
  }

  /** The fields of a parent's config but for how its layers differ; the sizes are the largest. */
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
