package puzzle.engine.huggingface;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.Servable;
import puzzle.engine.files.Checksums;
import puzzle.engine.safetensors.SafetensorsFolder;
import puzzle.engine.safetensors.SafetensorsTest;
import puzzle.model.Architecture;
import puzzle.model.InvalidInputException;
import puzzle.model.Part;

class ChildExporterTest {

  static final Architecture MIXED =
      RandomModel.architecture(
          "kv-4+ffn-256",
          "attention-linear+ffn-no-op",
          "attention-no-op+ffn-linear",
          "kv-1+ffn-512");
  static final Architecture LOW_RANK =
      RandomModel.architecture(
          "kv-4+ffn-512-rank-32",
          "kv-8+ffn-256",
          "attention-no-op+ffn-512-rank-7",
          "kv-8+ffn-no-op");
  private static final Architecture EXACT =
      RandomModel.architecture(
          "kv-8+ffn-100", "kv-2+ffn-256", "attention-no-op+ffn-no-op", "kv-8+ffn-512");

  @TempDir Path folder;
  private Path parent;
  private Path child;

  @BeforeEach
  void folders() throws IOException {
    parent = Files.createDirectory(folder.resolve("parent"));
    child = folder.resolve("child");
  }

  @ParameterizedTest
  @CsvSource({
    "llama, false, nemotron-nas",
    "llama, true, nemotron-nas",
    "mistral, false, nemotron-nas",
    "qwen2, true, nemotron-nas",
    "llama, false, anymodel",
    "qwen2, true, anymodel",
    "qwen3, true, anymodel"
  })
  void readsBackTheChildItWrote(String family, boolean tied, String format) throws IOException {
    for (Architecture architecture : List.of(MIXED, LOW_RANK, EXACT)) {
      DecoderConfig config = parent(family, tied).with(architecture);
      RandomModel weights = new RandomModel(config, 2);
      exporter(config).export(child, ChildExporter.Format.parse(format), weights, 3);

      DecoderConfig read = HuggingFaceConfig.read(child);
      assertEquals(architecture, read.architecture());
      assertEquals(config.parentBlock(), read.parentBlock());
      if (!family.equals("mistral")) {
        assertEquals(config, read);
      }
      SafetensorsFolder tensors = SafetensorsFolder.open(child);
      assertEquals(weights.names(), tensors.names());
      for (String name : weights.names()) {
        assertArrayEquals(
            weights.fp32(name).array(), SafetensorsTest.floats(tensors.fp32(name)), name);
      }
      assertEquals(List.of(), ChildVerifier.verify(child));
      assertEquals(List.of("child", "parent"), names(folder));
    }
  }

  /** Parts are tasks of their own, on other devices: the child must not show it. */
  @Test
  void weightsThatWereWrittenPartByPartMakeTheSameFolderWithoutASecondCopy() throws IOException {
    DecoderConfig config = parent("llama", false).with(MIXED);
    RandomModel weights = new RandomModel(config, 2);
    exporter(config).export(child, ChildExporter.Format.NEMOTRON_NAS, weights, 3);
    String whole = Files.readString(child.resolve(Checksums.FILE));
    Path parts = Files.createDirectory(folder.resolve("parts"));
    List<ChildWeights.Shard> shards = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      Part part = new Part(i, 3, 1);
      Path file = parts.resolve(ChildWeights.name(part));
      String sum = new ChildWeights(config).writer(weights, part).write(file).sha256();
      shards.add(new ChildWeights.Shard(file, sum));
    }
    exporter(config).export(child, ChildExporter.Format.NEMOTRON_NAS, shards);
    assertEquals(whole, Files.readString(child.resolve(Checksums.FILE)));
    assertEquals(List.of(), ChildVerifier.verify(child));
    Path linked = child.resolve("model-00002-of-00003.safetensors");
    assertTrue(Files.isSameFile(linked, shards.get(1).file()));
  }

  @Test
  void writesMultipliersOnlyWhereEverySizeAllows() throws IOException {
    export(parent("llama", false).with(MIXED));
    JsonNode first = json("config.json").at("/block_configs/0");
    assertEquals(
        new ObjectMapper()
            .readTree(
                """
                {"attention": {"n_heads_in_group": 4, "no_op": false, "replace_with_linear": false,
                  "sparsify": null, "window_length": null, "num_sink_tokens": null,
                  "unshifted_sink": false, "use_prefill_window_in_sink_attention": false},
                 "ffn": {"ffn_mult": 1.5, "no_op": false, "replace_with_linear": false,
                  "sparsify": null}}
                """),
        first);
    assertTrue(json("config.json").at("/block_configs/2/ffn/ffn_mult").isNull());
    assertEquals("ffn_mult", json("puzzle.json").at("/ffn_form").textValue());
    assertEquals(
        List.of("layer 1: attention-linear is not known", "layer 2: ffn-linear is not known"),
        new ObjectMapper().convertValue(json("puzzle.json").at("/not_servable/vllm"), List.class));

    export(parent("llama", false).with(EXACT));
    assertEquals(
        new ObjectMapper()
            .readTree(
                """
                {"intermediate_size": 100, "gated": true, "hidden_act": "silu", "no_op": false,
                 "replace_with_linear": false, "sparsify": null}
                """),
        json("config.json").at("/block_configs/0/ffn"));
    assertEquals("intermediate_size", json("puzzle.json").at("/ffn_form").textValue());
    assertEquals(10, json("config.json").at("/eos_token_id").intValue());
  }

  @Test
  void aLowRankFfnIsSpeltByItsRankAndRefusedByEveryServer() throws IOException {
    export(parent("llama", false).with(LOW_RANK));
    assertEquals(
        new ObjectMapper()
            .readTree(
                """
                {"ffn_mult": null, "no_op": false, "replace_with_linear": false, "sparsify": null,
                 "low_rank": 32, "low_rank_width": 512}
                """),
        json("config.json").at("/block_configs/0/ffn"));
    for (Servable server : Servable.values()) {
      assertEquals(
          "layer 0: ffn-512-rank-32 is not known",
          json("puzzle.json").at("/not_servable").get(server.toString()).get(0).textValue());
    }
  }

  @Test
  void writesCardCodeTokenizerAndSums() throws IOException {
    export(parent("llama", false).with(EXACT));
    assertEquals(
        List.of(
            "README.md",
            "SHA256SUMS",
            "config.json",
            "configuration_decilm.py",
            "model.safetensors",
            "modeling_decilm.py",
            "puzzle.json",
            "tokenizer.json",
            "tokenizer_config.json"),
        names(child));
    String card = Files.readString(child.resolve("README.md"));
    assertTrue(
        card.startsWith("---\nlibrary_name: transformers\nbase_model: \"tiny \\\"parent\\\"\""));
    assertTrue(card.contains("Measured on held-out documents."), card);
    assertTrue(card.contains("| 2 | attention-no-op | ffn-no-op |"), card);
    assertEquals(7, json("puzzle.json").at("/provenance/seed").intValue());
  }

  @Test
  void exportsTheSameBytesAgain() throws IOException {
    DecoderConfig config = parent("llama", false).with(MIXED);
    export(config);
    String sums = Files.readString(child.resolve("SHA256SUMS"));
    export(config);
    assertEquals(sums, Files.readString(child.resolve("SHA256SUMS")));
  }

  @Test
  void refusesWhatTheFormatCannotHold() throws IOException {
    DecoderConfig qwen3 = parent("qwen3", true);
    InvalidInputException refusal =
        assertThrows(InvalidInputException.class, () -> export(qwen3.with(EXACT)));
    assertTrue(refusal.getMessage().contains("Maybe export it as anymodel"));

    DecoderConfig config = parent("llama", false);
    RandomModel parentWeights = new RandomModel(config, 2);
    assertThrows(
        InvalidInputException.class,
        () ->
            exporter(config.with(MIXED))
                .export(child, ChildExporter.Format.NEMOTRON_NAS, parentWeights, 1));
    Files.createDirectory(child);
    Files.writeString(child.resolve("thesis.txt"), "do not lose");
    assertThrows(InvalidInputException.class, () -> export(config.with(EXACT)));
    assertEquals(List.of("thesis.txt"), names(child));
    assertEquals(List.of("child", "parent"), names(folder));
  }

  @Test
  void verifyFindsWhatIsWrong() throws IOException {
    DecoderConfig config = parent("llama", false).with(EXACT);
    export(config);
    Path weights = child.resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    bytes[bytes.length - 1] ^= 1;
    Files.write(weights, bytes);
    Files.delete(child.resolve("tokenizer.json"));
    Files.writeString(child.resolve("extra.py"), "import os");
    assertEquals(
        List.of(
            "model.safetensors is not what SHA256SUMS says: damaged or changed",
            "tokenizer.json is missing",
            "extra.py is not in SHA256SUMS"),
        ChildVerifier.verify(child));

    // The last tensor is the head: two bytes a weight, here a NaN.
    bytes[bytes.length - 1] = 0x7f;
    bytes[bytes.length - 2] = (byte) 0xc0;
    Files.write(weights, bytes);
    assertTrue(
        ChildVerifier.verify(child).contains("tensor lm_head.weight holds NaN or infinite values"));

    new RandomModel(config.with(MIXED), 2).write(child, RandomModel.config("llama", false));
    Files.delete(child.resolve("SHA256SUMS"));
    List<String> findings = ChildVerifier.verify(child);
    assertTrue(findings.get(0).startsWith("SHA256SUMS is missing"), findings.toString());
    assertTrue(
        findings.contains(
            "tensor model.layers.0.self_attn.k_proj.weight has shape [64, 256],"
                + " config.json says [128, 256]"),
        findings.toString());
    assertTrue(findings.contains("tensor model.layers.1.mlp.up_proj.weight [512, 256] is missing"));
    assertTrue(
        findings.contains(
            "tensor model.layers.2.mlp.linear_mlp.weight is not one of this architecture"));
  }

  @Test
  void knowsWhatOtherReadersCannotRun() {
    DecoderConfig llama = RandomModel.config("llama", false);
    for (Servable reader : Servable.values()) {
      assertEquals(List.of(), reader.violations(llama));
    }
    Map<String, List<Integer>> expected =
        Map.of(
            "kv-4+ffn-100 kv-8+ffn-512", List.of(0, 1, 1),
            "kv-4+ffn-no-op kv-8+ffn-512", List.of(0, 1, 0),
            "attention-no-op+ffn-no-op kv-8+ffn-512", List.of(0, 0, 0),
            "attention-no-op+ffn-256 kv-8+ffn-512", List.of(1, 0, 0),
            "kv-8+ffn-512 attention-no-op+ffn-no-op", List.of(0, 1, 0),
            "attention-linear+ffn-256 kv-8+ffn-512", List.of(1, 0, 1),
            "kv-8+ffn-linear kv-8+ffn-512", List.of(1, 1, 1));
    expected.forEach(
        (blocks, counts) -> {
          DecoderConfig config = llama.with(RandomModel.architecture(blocks.split(" ")));
          assertEquals(
              counts,
              Stream.of(Servable.values()).map(r -> r.violations(config).size()).toList(),
              blocks);
        });
    assertFalse(Servable.VLLM.violations(RandomModel.config("qwen3", true)).isEmpty());
    assertTrue(Servable.VLLM.violations(RandomModel.config("qwen2", true)).isEmpty());
    assertFalse(Servable.parse("mlx").violations(RandomModel.config("qwen2", true)).isEmpty());
  }

  private DecoderConfig parent(String family, boolean tied) {
    DecoderConfig config = RandomModel.config(family, tied);
    new RandomModel(config, 1).write(parent, config);
    return config;
  }

  private void export(DecoderConfig config) {
    exporter(config)
        .export(child, ChildExporter.Format.NEMOTRON_NAS, new RandomModel(config, 2), 1);
  }

  private ChildExporter exporter(DecoderConfig config) {
    return exporter(config, parent);
  }

  static ChildExporter exporter(DecoderConfig config, Path parent) {
    ModelCard card =
        new ModelCard("tiny child", "tiny \"parent\"", List.of("Measured on held-out documents."));
    return new ChildExporter(
        config, parent, card, JsonNodeFactory.instance.objectNode().put("seed", 7));
  }

  private JsonNode json(String name) throws IOException {
    return new ObjectMapper().readTree(child.resolve(name).toFile());
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(f -> f.getFileName().toString()).sorted().toList();
    }
  }
}
