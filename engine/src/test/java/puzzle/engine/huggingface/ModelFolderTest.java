package puzzle.engine.huggingface;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import puzzle.engine.data.Tokenizer;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.TensorLayout;
import puzzle.engine.safetensors.ElementType;
import puzzle.engine.safetensors.SafetensorsFile;
import puzzle.engine.safetensors.SafetensorsFolder;
import puzzle.engine.safetensors.SafetensorsWriter;
import puzzle.model.InvalidInputException;

/** Folders as they come from downloads, caches and other programs' hands. */
class ModelFolderTest {

  private static final String LFS =
      """
      version https://git-lfs.github.com/spec/v1
      oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
      size 12345
      """;
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path temp;
  private Path folder;

  @BeforeEach
  void parent() {
    folder = temp.resolve("parent");
  }

  @Test
  void aHeadThatIsNotTheEmbeddingAlthoughTheConfigSaysSoIsRefused() throws IOException {
    write(RandomModel.config("llama", false), 1 << 30);
    edit("config.json", config -> config.put("tie_word_embeddings", true));
    String message = refusal();
    assertTrue(message.contains("lm_head.weight is not model.embed_tokens.weight"), message);
    assertTrue(message.contains("Maybe write \"tie_word_embeddings\": false"), message);

    DecoderConfig untied = RandomModel.config("llama", false);
    RandomModel weights = new RandomModel(untied, 1);
    rewrite(
        "model.safetensors",
        name -> name.equals(TensorLayout.HEAD) ? TensorLayout.EMBEDDING : name,
        weights);
    assertTrue(ModelFolder.open(folder).config().tiedEmbeddings());
  }

  @Test
  void aHeadThatIsMissingIsSaidToBePerhapsTheEmbedding() {
    write(RandomModel.config("llama", true), 1 << 30);
    edit("config.json", config -> config.put("tie_word_embeddings", false));
    assertTrue(refusal().contains("Maybe write \"tie_word_embeddings\": true"), refusal());
  }

  @Test
  void aTensorThatTheIndexLeavesOutIsFoundInItsShard() {
    write(RandomModel.config("llama", false), 1 << 20);
    String name = "model.layers.1.mlp.up_proj.weight";
    String shard = SafetensorsFolder.open(folder).elsewhere(name);
    edit(SafetensorsFolder.INDEX, index -> index.withObject("weight_map").remove(name));
    String message = refusal();
    assertTrue(
        message.contains("tensor " + name + " is in shard " + shard + ", but not in the index"),
        message);
    assertTrue(message.contains("Maybe add it to /weight_map"), message);
  }

  @Test
  void aShardThatTheIndexLeavesOutIsFound() {
    write(RandomModel.config("llama", false), 1 << 20);
    String last = "model.norm.weight";
    String shard = SafetensorsFolder.open(folder).elsewhere(last);
    edit(
        SafetensorsFolder.INDEX,
        index ->
            index
                .withObject("weight_map")
                .properties()
                .removeIf(e -> shard.equals(e.getValue().textValue())));
    assertTrue(refusal().contains("is in shard " + shard + ", but not in the index"), refusal());
  }

  @Test
  void aTensorThatNothingNamesAndNothingNeedsIsNamed() throws IOException {
    write(RandomModel.config("llama", false), 1 << 20);
    Path shard;
    try (Stream<Path> files = Files.list(folder)) {
      shard =
          files
              .filter(f -> f.toString().endsWith(".safetensors"))
              .sorted()
              .findFirst()
              .orElseThrow();
    }
    SafetensorsFile before = SafetensorsFile.open(shard);
    SafetensorsWriter writer = new SafetensorsWriter(ElementType.BF16);
    for (String name : before.names()) {
      writer.add(name, before.shape(name), before.fp32(name));
    }
    writer.add("model.layers.0.mlp.experts.weight", new long[] {1}, FloatBuffer.allocate(1));
    Path other = temp.resolve("other.safetensors");
    writer.write(other);
    Files.delete(shard);
    Files.move(other, shard);
    assertTrue(
        refusal()
            .contains(
                "tensor model.layers.0.mlp.experts.weight in shard "
                    + shard.getFileName()
                    + " is neither in the index nor one of this architecture"),
        refusal());
  }

  @Test
  void shardsWithoutAnIndexAreNotSaidToBePickled() throws IOException {
    write(RandomModel.config("llama", false), 1 << 20);
    Files.delete(folder.resolve(SafetensorsFolder.INDEX));
    assertTrue(refusal().contains("Maybe fetch the index too"), refusal());
  }

  @ParameterizedTest
  @ValueSource(strings = {"model.safetensors", "config.json"})
  void aPointerOfGitLfsIsCalledSo(String name) throws IOException {
    write(RandomModel.config("llama", false), 1 << 30);
    Files.writeString(folder.resolve(name), LFS);
    assertTrue(refusal().contains(name + ": a Git LFS pointer of "), refusal());
    assertTrue(refusal().contains("git lfs pull"), refusal());
  }

  @Test
  void aTokenizerThatIsAPointerIsCalledSo() throws IOException {
    write(RandomModel.config("llama", false), 1 << 30);
    Files.writeString(folder.resolve("tokenizer.json"), LFS);
    assertTrue(
        assertThrows(InvalidInputException.class, () -> Tokenizer.open(folder))
            .getMessage()
            .contains("a Git LFS pointer"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"model.safetensors", "config.json"})
  void aLinkToNothingIsCalledSo(String name) throws IOException {
    write(RandomModel.config("llama", false), 1 << 30);
    Files.delete(folder.resolve(name));
    Files.createSymbolicLink(folder.resolve(name), Path.of("../../blobs/abc"));
    assertTrue(
        refusal().contains(name + ": a link to ../../blobs/abc, which is not there"), refusal());
  }

  @Test
  void theRootOfACacheNamesItsSnapshot() throws IOException {
    Path cache = temp.resolve("models--a--b");
    for (String commit : List.of("0a", "1b")) {
      folder = cache.resolve("snapshots").resolve(commit);
      write(RandomModel.config("llama", false), 1 << 30);
    }
    Files.createDirectories(cache.resolve("refs"));
    Files.writeString(cache.resolve("refs/main"), "1b");
    for (Path given : List.of(cache, cache.resolve("snapshots"), temp)) {
      folder = given;
      assertTrue(refusal().contains("holds no config.json"), refusal());
    }
    folder = cache;
    assertTrue(refusal().contains("the root of a hub's cache"), refusal());
    assertTrue(
        refusal().contains("Maybe " + cache.resolve("snapshots/1b") + " is meant"), refusal());
  }

  @Test
  void layersThatDifferWithoutTheConfigSayingSoNameTheFieldsToAdd() {
    DecoderConfig config = RandomModel.config("llama", false);
    DecoderConfig other =
        config.with(
            RandomModel.architecture(
                "kv-8+ffn-512", "kv-4+ffn-512", "attention-no-op+ffn-100", "kv-8+ffn-no-op"));
    write(config, 1 << 30);
    new RandomModel(other, 1).write(folder, config);
    assertTrue(
        refusal()
            .contains(
                "add \"per_layer_config\": {\"1\":{\"num_key_value_heads\":4},"
                    + "\"2\":{\"skip\":[\"attention\"],\"intermediate_size\":100},"
                    + "\"3\":{\"skip\":[\"mlp\"]}}"),
        refusal());
    edit(
        "config.json",
        fields -> {
          ObjectNode layers = fields.putObject("per_layer_config");
          layers.putObject("1").put("num_key_value_heads", 4);
          layers.putObject("2").put("intermediate_size", 100).putArray("skip").add("attention");
          layers.putObject("3").putArray("skip").add("mlp");
        });
    assertEquals(other.architecture(), ModelFolder.open(folder).config().architecture());
  }

  @Test
  void termsGoWithTheChildAndCodeDoesNot() throws IOException {
    write(RandomModel.config("qwen3", true), 1 << 30);
    for (String name :
        List.of("LICENSE", "NOTICE.txt", "USE_POLICY.md", "licence-of-code.md", "train.log")) {
      Files.writeString(folder.resolve(name), name);
    }
    Consumer<ObjectNode> code =
        fields ->
            fields.putObject("auto_map").putArray("AutoTokenizer").add("tokens.Mine").addNull();
    edit("config.json", code);
    edit("tokenizer_config.json", code);
    DecoderConfig config = ModelFolder.open(folder).config().with(ChildExporterTest.MIXED);
    Path child = temp.resolve("child");
    ChildExporterTest.exporter(config, folder)
        .export(child, ChildExporter.Format.ANYMODEL, new RandomModel(config, 1), 1);
    for (String name : List.of("LICENSE", "NOTICE.txt", "USE_POLICY.md", "licence-of-code.md")) {
      assertEquals(name, Files.readString(child.resolve(name)));
    }
    assertFalse(Files.exists(child.resolve("train.log")));
    assertEquals(List.of(), ChildVerifier.verify(child));
    for (String name : List.of("config.json", "tokenizer_config.json")) {
      assertFalse(Files.readString(child.resolve(name)).contains("auto_map"));
    }
  }

  @Test
  void verifyFindsCodeThatIsNamedAndNotThere() throws IOException {
    write(RandomModel.config("llama", false), 1 << 30);
    DecoderConfig config = ModelFolder.open(folder).config().with(ChildExporterTest.MIXED);
    Path child = temp.resolve("child");
    ChildExporterTest.exporter(config, folder)
        .export(child, ChildExporter.Format.NEMOTRON_NAS, new RandomModel(config, 1), 1);
    assertEquals(List.of(), ChildVerifier.verify(child));
    Files.writeString(child.resolve("modeling_decilm.py"), "class Other: pass");
    Files.delete(child.resolve("configuration_decilm.py"));
    List<String> findings = ChildVerifier.verify(child);
    assertTrue(
        findings.containsAll(
            List.of(
                "config.json: /auto_map/AutoConfig: configuration_decilm.DeciLMConfig is not in the"
                    + " folder",
                "config.json: /auto_map/AutoModelForCausalLM: modeling_decilm.DeciLMForCausalLM is"
                    + " not in the folder")),
        findings.toString());
  }

  private void write(DecoderConfig config, long shardBytes) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    new RandomModel(config, 1).write(folder, config, ElementType.BF16, shardBytes);
  }

  /** The same weights, each tensor with the values of another. */
  private void rewrite(String file, UnaryOperator<String> valuesOf, RandomModel weights)
      throws IOException {
    SafetensorsWriter writer = new SafetensorsWriter(ElementType.BF16);
    for (String name : weights.names()) {
      writer.add(name, weights.shape(name), weights.fp32(valuesOf.apply(name)));
    }
    Files.delete(folder.resolve(file));
    writer.write(folder.resolve(file));
    assertArrayEquals(
        SafetensorsFile.open(folder.resolve(file)).shape(TensorLayout.HEAD),
        weights.shape(TensorLayout.HEAD));
  }

  private void edit(String name, Consumer<ObjectNode> change) {
    try {
      ObjectNode node = (ObjectNode) JSON.readTree(folder.resolve(name).toFile());
      change.accept(node);
      JSON.writeValue(folder.resolve(name).toFile(), node);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private String refusal() {
    String message =
        assertThrows(InvalidInputException.class, () -> ModelFolder.open(folder)).getMessage();
    assertEquals(2, message.lines().count(), message);
    assertTrue(message.lines().toList().get(1).startsWith("Maybe "), message);
    return message;
  }
}
