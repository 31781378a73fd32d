package puzzle.engine.huggingface;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import puzzle.engine.json.JsonValue;
import puzzle.model.InvalidInputException;

/**
 * The fields that a {@code config.json} may have: those that {@link HuggingFaceConfig} reads, those
 * that change nothing in what a decoder computes, and those that change nothing if they have a
 * certain value. Any other is refused by name, because it might. A field that is null is not set.
 *
 * <p>Gathered from the official checkpoints of the supported families, from what {@code
 * transformers} 4 and 5 write, and from what trainers leave behind.
 */
final class ConfigFields {

  private static final Set<String> READ =
      Set.of(
          "architectures",
          "auto_map",
          "base_architecture",
          "block_configs",
          "dual_chunk_attention_config",
          "eos_token_id",
          "head_dim",
          "hidden_size",
          "intermediate_size",
          "layer_types",
          "max_position_embeddings",
          "model_type",
          "num_attention_heads",
          "num_hidden_layers",
          "num_key_value_heads",
          "original_max_position_embeddings",
          "per_layer_config",
          "qkv_bias",
          "rms_norm_eps",
          "rope_parameters",
          "rope_scaling",
          "rope_theta",
          "sliding_window",
          "tie_word_embeddings",
          "use_sliding_window",
          "vocab_size");

  /** Where the file comes from, and in what its reader is to compute. */
  private static final Set<String> BOOKKEEPING =
      Set.of(
          "_attn_implementation",
          "_attn_implementation_autoset",
          "_commit_hash",
          "_flash_attn_2_enabled",
          "_name_or_path",
          "attn_implementation",
          "chunk_size_feed_forward",
          "dtype",
          "name_or_path",
          "output_attentions",
          "output_hidden_states",
          "pretraining_tp",
          "puzzle",
          "return_dict",
          "tf_legacy_loss",
          "tokenizer_class",
          "torch_dtype",
          "torchscript",
          "transformers.js_config",
          "transformers_version",
          "unsloth_fixed",
          "unsloth_version",
          "use_bfloat16",
          "use_cache",
          "use_return_dict");

  /** Of training, or of a task that is not the next token. */
  private static final Set<String> TRAINING =
      Set.of(
          "attention_dropout",
          "classifier_dropout",
          "embd_pdrop",
          "finetuning_task",
          "gradient_checkpointing",
          "hidden_dropout",
          "id2label",
          "ignore_index",
          "initializer_range",
          "label2id",
          "loss_type",
          "max_sequence_length",
          "model_max_length",
          "neftune_noise_alpha",
          "num_labels",
          "problem_type",
          "resid_pdrop",
          "task_specific_params");

  /** Of generation: what is done with the logits. */
  private static final Set<String> GENERATION =
      Set.of(
          "bad_words_ids",
          "begin_suppress_tokens",
          "bos_token_id",
          "decoder_start_token_id",
          "diversity_penalty",
          "do_sample",
          "early_stopping",
          "encoder_no_repeat_ngram_size",
          "exponential_decay_length_penalty",
          "forced_bos_token_id",
          "forced_eos_token_id",
          "length_penalty",
          "max_length",
          "max_new_tokens",
          "min_length",
          "min_p",
          "no_repeat_ngram_size",
          "num_beam_groups",
          "num_beams",
          "num_return_sequences",
          "output_scores",
          "pad_token_id",
          "prefix",
          "remove_invalid_values",
          "repetition_penalty",
          "return_dict_in_generate",
          "sep_token_id",
          "suppress_tokens",
          "temperature",
          "top_k",
          "top_p",
          "typical_p",
          "unk_token_id");

  /**
   * Windows end at the same place in all layers, so where they begin to be used changes nothing; a
   * family's own name of itself.
   */
  private static final Set<String> WITHOUT_EFFECT_HERE =
      Set.of("is_decoder", "is_llama_config", "max_window_layers");

  private static final String WITHOUT_BIASES = "use a checkpoint without them";

  /** Harmless with these values, as JSON. */
  private static final Map<String, List<String>> HARMLESS_AS =
      Map.ofEntries(
          Map.entry("activation", List.of("\"swiglu\"")),
          Map.entry("add_cross_attention", List.of("false")),
          Map.entry("alibi", List.of("false")),
          Map.entry("attention_bias", List.of("false")),
          Map.entry("attention_multiplier", List.of("1", "1.0")),
          Map.entry("bias", List.of("false")),
          Map.entry("embedding_multiplier", List.of("1", "1.0")),
          Map.entry("hidden_act", List.of("\"silu\"", "\"swish\"")),
          Map.entry("is_causal", List.of("true")),
          Map.entry("is_encoder_decoder", List.of("false")),
          Map.entry("logits_scaling", List.of("1", "1.0")),
          Map.entry("mlp_bias", List.of("false")),
          Map.entry("o_proj_bias", List.of("false")),
          Map.entry("partial_rotary_factor", List.of("1", "1.0")),
          Map.entry("position_embedding_type", List.of("\"rope\"")),
          Map.entry("pruned_heads", List.of("{}")),
          Map.entry("qk_layernorm", List.of("false")),
          Map.entry("qk_layernorms", List.of("false")),
          Map.entry("residual_multiplier", List.of("1", "1.0")),
          Map.entry("rope_interleaved", List.of("false")),
          Map.entry("tie_encoder_decoder", List.of("false")),
          Map.entry("use_bias", List.of("false")),
          Map.entry("use_mrope", List.of("false")),
          Map.entry("use_qk_norm", List.of("false")));

  /** What to do about a value that is not harmless, where that can be said. */
  private static final Map<String, String> REMEDY =
      Map.of(
          "attention_bias", WITHOUT_BIASES,
          "bias", WITHOUT_BIASES,
          "mlp_bias", WITHOUT_BIASES,
          "o_proj_bias", WITHOUT_BIASES,
          "use_bias", WITHOUT_BIASES,
          "is_causal", "it is no model of the next token: use another");

  private static final Set<String> FREE =
      Stream.of(READ, BOOKKEEPING, TRAINING, GENERATION, WITHOUT_EFFECT_HERE)
          .flatMap(Set::stream)
          .collect(Collectors.toUnmodifiableSet());

  private ConfigFields() {}

  /**
   * @throws InvalidInputException naming a field that is not known, or its value
   */
  static void check(JsonValue fields) {
    for (String name : fields.names()) {
      if (!fields.has(name) || FREE.contains(name)) {
        continue;
      }
      if (name.equals("quantization_config") || name.equals("compression_config")) {
        throw fields.bad(
            name,
            "is not supported: a parent's weights are fp32, bf16 or fp16",
            "fetch the checkpoint it was quantised from");
      }
      List<String> harmless = HARMLESS_AS.get(name);
      if (harmless == null) {
        throw fields.bad(
            name,
            "is a field this reader does not know, which may change what the model computes",
            "remove it if it does not; else " + HuggingFaceConfig.SUPPORTED);
      }
      if (!harmless.contains(fields.at(name).json())) {
        throw fields.bad(
            name,
            "is not supported: only " + String.join(" or ", harmless) + " is",
            REMEDY.getOrDefault(name, HuggingFaceConfig.SUPPORTED));
      }
    }
  }
}
