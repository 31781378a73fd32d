package puzzle.engine.huggingface;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.GatedFfn;
import puzzle.engine.json.JsonValue;
import puzzle.engine.safetensors.ElementType;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.InvalidInputException;
import puzzle.model.Variant;

class HuggingFaceConfigTest {

  /** The config of Llama 3.1 8B. */
  static final String LLAMA =
      """
      {"architectures": ["LlamaForCausalLM"], "attention_bias": false, "attention_dropout": 0.0,
       "bos_token_id": 128000, "eos_token_id": [128001, 128008, 128009], "hidden_act": "silu",
       "hidden_size": 4096, "initializer_range": 0.02, "intermediate_size": 14336,
       "max_position_embeddings": 131072, "mlp_bias": false, "model_type": "llama",
       "num_attention_heads": 32, "num_hidden_layers": 32, "num_key_value_heads": 8,
       "pretraining_tp": 1, "rms_norm_eps": 1e-05,
       "rope_scaling": {"factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 8192, "rope_type": "llama3"},
       "rope_theta": 500000.0, "tie_word_embeddings": false, "torch_dtype": "bfloat16",
       "transformers_version": "4.42.3", "use_cache": true, "vocab_size": 128256}
      """;

  private static final String SMALL =
      """
      {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 64,
       "hidden_act": "silu", "intermediate_size": 96, "max_position_embeddings": 2048,
       "num_attention_heads": 4, "num_hidden_layers": 2, "num_key_value_heads": 2,
       "rms_norm_eps": 1e-05, "tie_word_embeddings": false, "vocab_size": 256, %s}
      """;

  @TempDir Path folder;

  @Test
  void readsLlama31() throws IOException {
    DecoderConfig config = read(LLAMA);
    assertEquals("llama", config.family());
    assertEquals(8, config.kvHeads());
    assertEquals(128, config.headSize());
    assertEquals(500_000, config.ropeTheta());
    assertEquals(new DecoderConfig.RopeScaling(8, 1, 4, 8192), config.ropeScaling());
    assertEquals(8_030_261_248L, parameters(config));
  }

  @Test
  void readsQwen2WithBiases() throws IOException {
    DecoderConfig config =
        read(
            """
            {"architectures": ["Qwen2ForCausalLM"], "hidden_act": "silu", "hidden_size": 896,
             "intermediate_size": 4864, "max_position_embeddings": 32768, "max_window_layers": 21,
             "model_type": "qwen2", "num_attention_heads": 14, "num_hidden_layers": 24,
             "num_key_value_heads": 2, "rms_norm_eps": 1e-06, "rope_theta": 1000000.0,
             "sliding_window": 32768, "tie_word_embeddings": true, "use_sliding_window": false,
             "vocab_size": 151936}
            """);
    assertTrue(config.qkvBias());
    assertTrue(config.tiedEmbeddings());
    assertEquals(494_032_768L, parameters(config));
  }

  @Test
  void readsQwen3WithItsOwnHeadSizeAndNewRopeFields() throws IOException {
    DecoderConfig config =
        read(
            """
            {"architectures": ["Qwen3ForCausalLM"], "attention_bias": false, "head_dim": 128,
             "hidden_act": "silu", "hidden_size": 1024, "intermediate_size": 3072,
             "layer_types": [%s], "max_position_embeddings": 40960,
             "model_type": "qwen3", "num_attention_heads": 16, "num_hidden_layers": 28,
             "num_key_value_heads": 8, "rms_norm_eps": 1e-06,
             "rope_parameters": {"rope_theta": 1000000, "rope_type": "default"},
             "sliding_window": null, "tie_word_embeddings": true, "use_sliding_window": false,
             "vocab_size": 151936}
            """
                .formatted(String.join(", ", Collections.nCopies(28, "\"full_attention\""))));
    assertTrue(config.qkNorm());
    assertEquals(1_000_000, config.ropeTheta());
    assertNull(config.ropeScaling());
    assertEquals(596_049_920L, parameters(config));
  }

  @Test
  void readsMistralUpToItsSlidingWindow() throws IOException {
    String mistral =
        """
        {"architectures": ["MistralForCausalLM"], "hidden_act": "silu", "hidden_size": 4096,
         "intermediate_size": 14336, "max_position_embeddings": 32768, "model_type": "mistral",
         "num_attention_heads": 32, "num_hidden_layers": 32, "num_key_value_heads": 8,
         "rms_norm_eps": 1e-05, "rope_theta": 10000.0, "sliding_window": %s,
         "tie_word_embeddings": false, "vocab_size": 32000}
        """;
    assertEquals(7_241_732_096L, parameters(read(mistral.formatted("null"))));
    assertEquals(32768, read(mistral.formatted("32768")).maxPositions());
    assertEquals(4096, read(mistral.formatted("4096")).maxPositions());
    assertTrue(refusal(mistral.formatted("0")).contains("/sliding_window: 0"));
  }

  @Test
  void readsAChildInBothSpellings() throws IOException {
    String child =
        """
        {"architectures": ["DeciLMForCausalLM"], "model_type": "nemotron-nas", "hidden_size": 8192,
         "num_attention_heads": 64, "num_hidden_layers": 3, "num_key_value_heads": null,
         "intermediate_size": null, "vocab_size": 128256, "rope_theta": 500000.0,
         "max_position_embeddings": 131072, "rms_norm_eps": 1e-05, "block_configs": [
          {"attention": {"n_heads_in_group": 8, "no_op": false, "replace_with_linear": false,
            "sparsify": null, "window_length": null, "num_sink_tokens": null,
            "unshifted_sink": false, "use_prefill_window_in_sink_attention": false},
           "ffn": {"ffn_mult": 2.625, "no_op": false, "replace_with_linear": false}},
          {"attention": {"n_heads_in_group": null, "no_op": true, "replace_with_linear": false},
           "ffn": {"intermediate_size": 1000, "gated": true, "hidden_act": "silu"}},
          {"attention": {"num_key_value_heads": 4, "mamba": null, "llama4": null},
           "ffn": {"ffn_mult": null, "no_op": false, "replace_with_linear": true}}]}
        """;
    DecoderConfig config = read(child);
    assertEquals(
        "kv-8+ffn-14336 attention-no-op+ffn-1000 kv-4+ffn-linear",
        config.architecture().toString());
    assertEquals(Block.parse("kv-8+ffn-14336"), config.parentBlock());
    assertTrue(
        refusal(
                child.replace(
                    "\"n_heads_in_group\": 8, \"no_op\": false",
                    "\"n_heads_in_group\": 8, \"is_new\": true"))
            .contains("/block_configs/0/attention/is_new: true is not supported"));
    assertTrue(
        refusal(child.replace("\"n_heads_in_group\": null", "\"n_heads_in_group\": 8"))
            .contains("/block_configs/1/attention/n_heads_in_group: 8"));
    assertTrue(
        refusal(child.replace("\"window_length\": null", "\"window_length\": 4"))
            .contains("/block_configs/0/attention/window_length: 4"));
    assertTrue(
        refusal(child.replace("\"num_hidden_layers\": 3", "\"num_hidden_layers\": 4"))
            .contains("block_configs has 3 entries"));
  }

  @Test
  void readsDifferencesPerLayer() throws IOException {
    DecoderConfig config =
        read(
            LLAMA.replace(
                "\"architectures\": [\"LlamaForCausalLM\"]",
                """
                "architectures": ["AnyModel"], "base_architecture": "LlamaForCausalLM",
                "per_layer_config": {"17": {"skip": ["attention"]},
                 "5": {"intermediate_size": 8192, "num_key_value_heads": 4}}
                """));
    Block parent = Block.parse("kv-8+ffn-14336");
    assertEquals(
        Architecture.uniform(parent, 32)
            .with(17, Block.parse("attention-no-op+ffn-14336"))
            .with(5, Block.parse("kv-4+ffn-8192")),
        config.architecture());
  }

  @Test
  void multipliersGiveBackTheWidthTheyWereMadeOf() {
    for (int hidden = 256; hidden <= 16384; hidden += 64) {
      for (int size = 256; size <= 65536; size += 256) {
        assertEquals(size, GatedFfn.width(GatedFfn.multiplier(size, hidden), hidden));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "mistral", "qwen2", "qwen3"})
  void readsTheParentConfigItWrote(String family) {
    Variant attention = Variant.attention(8);
    DecoderConfig config =
        new DecoderConfig(
            family,
            256,
            256,
            16,
            family.equals("qwen3") ? 32 : 16,
            1e-5,
            10_000,
            family.equals("llama") ? new DecoderConfig.RopeScaling(8, 1, 4, 128) : null,
            512,
            true,
            family.equals("qwen2"),
            family.equals("qwen3"),
            Architecture.uniform(new Block(attention, Variant.ffn(640)), 6));
    HuggingFaceConfig.write(folder, config, ElementType.BF16, 10);
    assertEquals(config, HuggingFaceConfig.read(folder));
    assertEquals(
        10, JsonValue.read(folder.resolve("config.json")).integer("eos_token_id", 0, 1 << 20));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"model_type\": \"llama\" | \"model_type\": \"gemma2\" | /model_type: \"gemma2\"",
        "\"model_type\": \"llama\" | \"model_type\": 3 | /model_type: 3",
        "LlamaForCausalLM | LlamaForTokenClassification | /architectures",
        "\"num_attention_heads\": 32 | \"num_attention_heads\": -1 | /num_attention_heads: -1",
        "\"num_attention_heads\": 32 | \"num_attention_heads\": 33 | /num_attention_heads: 33",
        "\"num_key_value_heads\": 8 | \"num_key_value_heads\": 7 | /num_key_value_heads: 7",
        "\"vocab_size\": 128256 | \"vocab_size\": 1e400 | /vocab_size",
        "\"hidden_act\": \"silu\" | \"hidden_act\": \"gelu\" | /hidden_act: \"gelu\"",
        "\"attention_bias\": false | \"attention_bias\": true | /attention_bias: true",
        "\"rope_type\": \"llama3\" | \"rope_type\": \"yarn\" | /rope_scaling/rope_type: \"yarn\"",
        "\"rms_norm_eps\": 1e-05 | \"rms_norm_eps\": NaN | line 6",
        "\"vocab_size\": 128256 | \"top_k\": 1 | /vocab_size: absent",
        "\"use_cache\": true | \"quantization_config\": {} | /quantization_config",
        "\"use_cache\": true | \"attention_chunk_size\": 8192 | /attention_chunk_size: 8192 is a field",
        "\"use_cache\": true | \"partial_rotary_factor\": 0.5 | /partial_rotary_factor: 0.5",
        "\"use_cache\": true | \"is_causal\": false | /is_causal: false",
        "\"use_cache\": true | \"qkv_bias\": true | /qkv_bias: true",
        "\"use_cache\": true | \"layer_types\": [\"full_attention\"] | not a list of one for each of 32",
        "\"mlp_bias\": false | \"mlp_bias\": true | /mlp_bias: true",
        "[128001, 128008, 128009] | [128001, 128256] | /eos_token_id: [128001,128256] names a token beyond the vocabulary, 128256 of 128256",
        "[128001, 128008, 128009] | -1 | /eos_token_id: -1",
        "\"use_cache\": true | \"auto_map\": {\"AutoModelForCausalLM\": \"modeling_x.XModel\"} | /auto_map/AutoModelForCausalLM: \"modeling_x.XModel\" is code",
        "\"use_cache\": true | \"auto_map\": {\"AutoConfig\": \"a/b--c.LlamaConfig\"} | /auto_map/AutoConfig",
        "\"use_cache\": true | \"vocab_size\": 3 | uplicate"
      })
  void refusesByFieldAndValue(String from, String to, String says) {
    String message = refusal(LLAMA.replace(from, to));
    assertTrue(message.contains(says), message);
    assertTrue(message.contains("config.json: "), message);
    assertTrue(message.lines().toList().get(1).startsWith("Maybe "), message);
    assertEquals(2, message.lines().count(), message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"rope_scaling\": {\"factor\": 2.0} | /rope_scaling/factor: 2.0 says how to rescale",
        "\"rope_scaling\": {\"type\": \"linear\", \"factor\": 2.0} | /rope_scaling/type: \"linear\"",
        "\"rope_scaling\": {\"rope_type\": \"default\", \"factor\": 2} | /rope_scaling/factor: 2",
        "\"rope_scaling\": {\"rope_type\": \"default\", \"mrope_section\": [1]} | /mrope_section: [1]",
        "\"rope_parameters\": {\"partial_rotary_factor\": 0.5} | /rope_parameters/partial_rotary_factor: 0.5",
        "\"rope_parameters\": {\"full_attention\": {\"partial_rotary_factor\": 0.5}} | /full_attention/partial_rotary_factor: 0.5",
        "\"rope_parameters\": {\"full_attention\": {}, \"sliding_attention\": {\"rope_theta\": 1}} | /sliding_attention: {\"rope_theta\":1} differs",
        "\"rope_parameters\": {\"sliding_attention\": {}} | /rope_parameters/full_attention: absent, which must be given",
        "\"rope_parameters\": {\"full_attention\": {}, \"rope_theta\": 1} | /rope_parameters/rope_theta: 1 is no layer type",
        "\"rope_parameters\": {\"rope_theta\": 1}, \"rope_theta\": 2 | /rope_theta: 2 is not the 1.0 below",
        "\"rope_parameters\": {\"rope_theta\": 1}, \"rope_scaling\": {\"rope_theta\": 2} | /rope_scaling",
        "\"rope_parameters\": {\"type\": \"default\", \"rope_type\": \"llama3\"} | /rope_parameters/type: \"default\" is not its"
      })
  void readsNoRotaryFieldPast(String rope, String says) {
    String message = refusal(SMALL.formatted(rope));
    assertTrue(message.contains(says), message);
    assertEquals(2, message.lines().count(), message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"rope_theta\": 500000 | 500000",
        "\"rope_scaling\": null | 10000",
        "\"rope_theta\": null, \"rope_parameters\": {\"rope_theta\": 1e6} | 1000000",
        "\"rope_theta\": 5, \"rope_parameters\": {\"rope_type\": \"default\"} | 5",
        "\"rope_parameters\": {\"full_attention\": {\"rope_type\": \"default\", \"rope_theta\": 500000}} | 500000",
        "\"rope_parameters\": {\"full_attention\": {\"rope_theta\": 7}, \"sliding_attention\": {\"rope_theta\": 7}} | 7",
        "\"rope_scaling\": {\"rope_theta\": 7, \"partial_rotary_factor\": 1.0} | 7"
      })
  void readsRotaryPositionsInEverySpelling(String rope, double theta) throws IOException {
    DecoderConfig config = read(SMALL.formatted(rope));
    assertEquals(theta, config.ropeTheta());
    assertNull(config.ropeScaling());
  }

  @Test
  void readsLlama3ScalingInTheNewSpelling() throws IOException {
    DecoderConfig config =
        read(
            SMALL.formatted(
                """
                "rope_parameters": {"rope_type": "llama3", "rope_theta": 500000.0, "factor": 32.0,
                 "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                 "original_max_position_embeddings": 8192}
                """));
    assertEquals(500_000, config.ropeTheta());
    assertEquals(new DecoderConfig.RopeScaling(32, 1, 4, 8192), config.ropeScaling());
  }

  @Test
  void readsLayerTypesUpToTheFirstWindow() throws IOException {
    String window = "\"layer_types\": [\"full_attention\", \"%s\"], \"sliding_window\": %s";
    assertEquals(
        32, read(SMALL.formatted(window.formatted("sliding_attention", "32"))).maxPositions());
    assertTrue(
        refusal(SMALL.formatted(window.formatted("sliding_attention", "null")))
            .contains("no sliding_window is in use"));
    assertTrue(
        refusal(SMALL.formatted(window.formatted("linear_attention", "32")))
            .contains("/layer_types/1: \"linear_attention\""));
  }

  /** A field that a config of each family has, by who wrote it; what they hold is made up. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        // Llama 2, with what transformers 4.31 wrote.
        "\"_name_or_path\": \"x\", \"pad_token_id\": 0, \"max_length\": 4096,"
            + " \"pretraining_tp\": 1, \"rope_scaling\": null, \"bos_token_id\": 1",
        "\"max_sequence_length\": 2048, \"transformers_version\": \"4.31\"",
        // Llama 3.2 and later.
        "\"head_dim\": 16, \"mlp_bias\": false, \"attention_dropout\": 0.0, \"dtype\": \"bfloat16\"",
        // Models of Llama's kind by others.
        "\"is_llama_config\": true, \"rope_interleaved\": false, \"transformers.js_config\": {}",
        "\"activation\": \"swiglu\", \"unsloth_fixed\": true, \"unsloth_version\": \"1\"",
        // Models that were distilled from another, and Qwen's fields.
        "\"use_mrope\": false, \"max_window_layers\": 21, \"use_sliding_window\": false",
        "\"layer_types\": [\"full_attention\", \"full_attention\"], \"sliding_window\": null",
        // Generation, in the config as it was before generation_config.json.
        "\"temperature\": 0.6, \"top_p\": 0.9, \"do_sample\": true, \"num_beams\": 1",
        "\"is_encoder_decoder\": false, \"pruned_heads\": {}, \"id2label\": {\"0\": \"a\"}",
        "\"auto_map\": {\"AutoTokenizer\": [\"a.B\", null]}, \"quantization_config\": null",
        "\"dual_chunk_attention_config\": {\"chunk_size\": 2048, \"local_size\": 0}",
        "\"something_new\": null"
      })
  void readsWhatChangesNothing(String fields) throws IOException {
    assertEquals(read(SMALL.formatted("\"use_cache\": true")), read(SMALL.formatted(fields)));
  }

  private DecoderConfig read(String json) throws IOException {
    Files.writeString(folder.resolve("config.json"), json);
    return HuggingFaceConfig.read(folder);
  }

  private String refusal(String json) {
    return assertThrows(InvalidInputException.class, () -> read(json)).getMessage();
  }

  private static long parameters(DecoderConfig config) {
    return config.fixedParams()
        + List.copyOf(config.architecture().blocks()).stream()
            .mapToLong(b -> config.params(b.attention()) + config.params(b.ffn()))
            .sum();
  }
}
