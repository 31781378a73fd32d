package puzzle.engine.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.GatedFfn;
import puzzle.engine.decoder.Servable;
import puzzle.engine.decoder.WeightSource;
import puzzle.engine.files.AtomicFile;
import puzzle.engine.files.Checksums;
import puzzle.engine.files.Folders;
import puzzle.engine.files.StorageException;
import puzzle.engine.json.JsonValue;
import puzzle.engine.safetensors.ElementType;
import puzzle.model.Block;
import puzzle.model.InvalidInputException;

/**
 * Writes a child as a folder that other programs load, whole or not at all: built under a temporary
 * name, then renamed.
 *
 * <p>{@code nemotron-nas} is the format of NVIDIA's own Puzzle models. FFN sizes go out as {@code
 * ffn_mult}, which most readers want, where all are multiples of 256, and as exact {@code
 * intermediate_size} otherwise. {@code anymodel} is the parent's config with the differences per
 * layer.
 *
 * @param config of the child
 * @param parent folder of the parent: config, tokenizer
 * @param provenance where the child comes from, written to {@code puzzle.json}
 */
public record ChildExporter(
    DecoderConfig config, Path parent, ModelCard card, JsonNode provenance) {

  /** What to write. */
  public enum Format {
    NEMOTRON_NAS("nemotron-nas"),
    ANYMODEL("anymodel");

    private final String tag;

    Format(String tag) {
      this.tag = tag;
    }

    /** Its name on the command line and in the model card. */
    public String tag() {
      return tag;
    }

    public static Format parse(String tag) {
      for (Format format : values()) {
        if (format.tag.equals(tag)) {
          return format;
        }
      }
      throw new InvalidInputException(
          "unknown format '" + tag + "'.\nMaybe nemotron-nas or anymodel.");
    }
  }

  /** Copied from the parent's folder where it has them. */
  private static final List<String> COMPANIONS =
      List.of(
          "tokenizer.json",
          "tokenizer_config.json",
          "tokenizer.model",
          "special_tokens_map.json",
          "added_tokens.json",
          "vocab.json",
          "merges.txt",
          "chat_template.jinja",
          "generation_config.json");

  /** The terms that go with the weights: they hold for a child, too. */
  private static final Pattern TERMS =
      Pattern.compile(
          "(?i)(licen[cs]e|notice|copying|(acceptable_)?use_policy|third_party_notices)s?([._-].*)?");

  /** Fields of a parent's config that carry over to a child of another format. */
  private static final List<String> CARRIED =
      List.of(
          "attention_dropout",
          "bos_token_id",
          "eos_token_id",
          "pad_token_id",
          "initializer_range",
          "pretraining_tp",
          "use_cache");

  private static final List<String> CODE = List.of("configuration_decilm.py", "modeling_decilm.py");

  /** Brings all files of weights into the folder of the child. */
  interface Weights {
    /** Returns their SHA-256, by name. */
    Map<String, String> into(Path folder);
  }

  /**
   * Writes the folder; an earlier child of the same name is replaced, anything else refused.
   *
   * @param weights the child's tensors; more than it needs do no harm
   * @param files that they are split over, a range of the layers each
   * @return the SHA-256 of every file of weights, by name
   * @throws InvalidInputException if the format cannot hold this child, or a tensor is missing
   * @throws StorageException if it cannot be written; the target is as it was before
   */
  public Map<String, String> export(Path target, Format format, WeightSource weights, int files) {
    return export(target, format, new ChildWeights(config).written(weights, files));
  }

  /**
   * The same of weights that were written before.
   *
   * @param shards all of them, in order
   */
  public Map<String, String> export(Path target, Format format, List<ChildWeights.Shard> shards) {
    return export(target, format, new ChildWeights(config).linked(shards));
  }

  private Map<String, String> export(Path target, Format format, Weights weights) {
    JsonNode document = format == Format.ANYMODEL ? anyModel() : nemotronNas();
    Path folder = target.toAbsolutePath().normalize();
    if (Files.exists(folder) && !Files.exists(folder.resolve("puzzle.json"))) {
      throw new InvalidInputException(
          folder + ": exists and is not an exported child.\nMaybe choose another folder.");
    }
    Path temporary = AtomicFile.temporaryBeside(folder);
    boolean done = false;
    try {
      Files.createDirectories(temporary);
      Map<String, String> sums = weights.into(temporary);
      fill(temporary, document, format, sums);
      AtomicFile.syncFolder(temporary);
      replace(temporary, folder);
      AtomicFile.syncFolder(folder.getParent());
      done = true;
      return sums;
    } catch (IOException e) {
      throw StorageException.of(folder, e);
    } finally {
      if (!done) {
        Folders.delete(temporary);
      }
    }
  }

  private static void replace(Path temporary, Path folder) throws IOException {
    if (!Files.exists(folder)) {
      Files.move(temporary, folder);
      return;
    }
    Path old = AtomicFile.temporaryBeside(folder);
    Files.move(folder, old);
    try {
      Files.move(temporary, folder);
    } catch (IOException e) {
      Files.move(old, folder);
      throw e;
    }
    Folders.delete(old);
  }

  private void fill(Path folder, JsonNode document, Format format, Map<String, String> sums)
      throws IOException {
    writeJson(folder.resolve("config.json"), document);
    for (Path file : companions()) {
      AtomicFile.write(folder.resolve(file.getFileName()), out -> Files.copy(file, out));
    }
    Path tokenizer = folder.resolve("tokenizer_config.json");
    if (Files.isRegularFile(tokenizer) && JsonValue.read(tokenizer).has(NamedCode.FIELD)) {
      // The code it names stays behind, as that of the parent's config does.
      writeJson(tokenizer, JsonValue.read(tokenizer).copy().without(NamedCode.FIELD));
    }
    if (format == Format.NEMOTRON_NAS) {
      for (String name : CODE) {
        try (InputStream code = ChildExporter.class.getResourceAsStream(name)) {
          AtomicFile.write(folder.resolve(name), code::transferTo);
        }
      }
    }
    AtomicFile.write(folder.resolve("README.md"), card.markdown(config, format));
    writeJson(folder.resolve("puzzle.json"), provenance(format));
    AtomicFile.write(folder.resolve(Checksums.FILE), Checksums.of(folder, sums));
  }

  private List<Path> companions() throws IOException {
    try (Stream<Path> files = Files.list(parent)) {
      return files
          .filter(Files::isRegularFile)
          .filter(
              file -> {
                String name = file.getFileName().toString();
                return COMPANIONS.contains(name) || TERMS.matcher(name).matches();
              })
          .sorted()
          .toList();
    }
  }

  private ObjectNode nemotronNas() {
    if (config.qkNorm()) {
      throw new InvalidInputException(
          "child: nemotron-nas has no norms on q and k, which a %s model needs.\nMaybe export it as anymodel."
              .formatted(config.family()));
    }
    ObjectNode node = HuggingFaceConfig.parent(config, ElementType.BF16, null);
    node.putArray("architectures").add(HuggingFaceConfig.architectureOf("nemotron-nas"));
    node.put("model_type", "nemotron-nas");
    node.put("attention_bias", false).put("mlp_bias", false);
    node.remove("sliding_window");
    node.putObject("auto_map")
        .put("AutoConfig", "configuration_decilm.DeciLMConfig")
        .put("AutoModelForCausalLM", "modeling_decilm.DeciLMForCausalLM");
    carry(node);
    if (config.qkvBias()) {
      node.put("qkv_bias", true);
    }
    if (config.ropeScaling() != null) {
      // llama.cpp's converter looks for it here.
      node.put("original_max_position_embeddings", config.ropeScaling().originalPositions());
    }
    node.putNull("intermediate_size").putNull("num_key_value_heads");
    node.set("block_configs", BlockConfigs.write(config, GatedFfn.multipliersSuffice(config)));
    return node;
  }

  private void carry(ObjectNode to) {
    ObjectNode own = JsonValue.read(parent.resolve("config.json")).copy();
    for (String field : CARRIED) {
      if (own.has(field)) {
        to.set(field, own.get(field));
      }
    }
  }

  /**
   * The parent's own config with other differences per layer; if it has none to take, a new one.
   */
  private ObjectNode anyModel() {
    JsonValue own = JsonValue.read(parent.resolve("config.json"));
    ObjectNode node;
    Block all;
    if (own.has("block_configs")) {
      node = HuggingFaceConfig.parent(config, ElementType.BF16, null);
      all = config.parentBlock();
      carry(node);
    } else {
      node = own.copy();
      all = BlockConfigs.ofAllLayers(own, config.heads());
    }
    node.putArray("architectures").add("AnyModel");
    node.put("base_architecture", HuggingFaceConfig.architectureOf(config.family()));
    node.put("torch_dtype", "bfloat16");
    node.remove("dtype");
    node.remove(NamedCode.FIELD);
    node.set("per_layer_config", BlockConfigs.writeSparse(config, all));
    return node;
  }

  private ObjectNode provenance(Format format) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("format", format.tag());
    if (format == Format.NEMOTRON_NAS) {
      node.put("ffn_form", GatedFfn.multipliersSuffice(config) ? "ffn_mult" : "intermediate_size");
    }
    node.put("dtype", ElementType.BF16.name());
    config.architecture().blocks().forEach(b -> node.withArray("architecture").add(b.name()));
    if (format == Format.NEMOTRON_NAS) {
      ObjectNode servable = node.putObject("not_servable");
      for (Servable reader : Servable.values()) {
        reader.violations(config).forEach(v -> servable.withArray(reader.toString()).add(v));
      }
    }
    node.set("provenance", provenance);
    return node;
  }

  static void writeJson(Path file, JsonNode node) {
    AtomicFile.write(
        file,
        out -> {
          out.write(HuggingFaceConfig.JSON.writeValueAsBytes(node));
          out.write('\n');
        });
  }
}
