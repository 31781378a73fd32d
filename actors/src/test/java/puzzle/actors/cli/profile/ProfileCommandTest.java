package puzzle.actors.cli.profile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import puzzle.model.InvalidInputException;
import puzzle.model.Variant;

class ProfileCommandTest {

  private static final String COMMON =
      "\"hidden_size\": 8192, \"num_attention_heads\": 64, \"num_hidden_layers\": %d,"
          + " \"vocab_size\": 128256, \"rms_norm_eps\": 1e-5, \"rope_theta\": 500000.0,"
          + " \"max_position_embeddings\": 131072, \"hidden_act\": \"silu\","
          + " \"tie_word_embeddings\": false";

  @TempDir private Path folder;
  private Path parent;
  private Path child;
  private Exception thrown;

  @BeforeEach
  void writeConfigs() throws IOException {
    parent = folder.resolve("parent.json");
    Files.writeString(
        parent,
        "{\"architectures\": [\"LlamaForCausalLM\"], \"model_type\": \"llama\", "
            + COMMON.formatted(80)
            + ", \"num_key_value_heads\": 8, \"intermediate_size\": 28672}");
    List<String> blocks = new ArrayList<>();
    for (int layer = 0; layer < 80; layer++) {
      boolean light = layer % 2 == 1;
      blocks.add(
          "{\"attention\": {\"n_heads_in_group\": %s, \"no_op\": %s, \"replace_with_linear\": false},"
                  .formatted(light ? "null" : "8", light)
              + (layer % 4 == 0
                  ? "\"ffn\": {\"intermediate_size\": 28672, \"gated\": true, \"hidden_act\": \"silu\", \"no_op\": false, \"replace_with_linear\": false}}"
                  : "\"ffn\": {\"ffn_mult\": 2.625, \"no_op\": false, \"replace_with_linear\": false}}"));
    }
    child = folder.resolve("child.json");
    Files.writeString(
        child,
        "{\"architectures\": [\"DeciLMForCausalLM\"], \"model_type\": \"nemotron-nas\", "
            + COMMON.formatted(80)
            + ", \"num_key_value_heads\": null, \"intermediate_size\": null, \"block_configs\": ["
            + String.join(",", blocks)
            + "]}");
  }

  /** Runs a line, whose words are apart by spaces, with the paths given. */
  private String run(int expected, String words, Object... paths) {
    StringWriter out = new StringWriter();
    thrown = null;
    int code =
        new CommandLine(new ProfileCommand())
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(out))
            .setExecutionExceptionHandler(
                (e, line, result) -> {
                  thrown = e;
                  return e instanceof InvalidInputException ? 3 : 1;
                })
            .execute(words.formatted(paths).split(" "));
    assertEquals(expected, code, out + " " + thrown);
    return out.toString();
  }

  private static JsonNode json(String text) throws IOException {
    return new ObjectMapper().readTree(text);
  }

  @Test
  void runTimesEveryVariantAndTheWholeModelBesideTheirSum() throws IOException {
    Path small = folder.resolve("small.json");
    Files.writeString(
        small,
        """
        {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 32,
         "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 48,
         "num_hidden_layers": 2, "vocab_size": 64, "rms_norm_eps": 1e-5,
         "max_position_embeddings": 64}
        """);
    String line = "run --model %s --batch 2 --prefill 8 --generate 2 --rounds 2 --repetitions 1";
    JsonNode node = json(run(0, line + " --output json", small));
    assertEquals("measured", node.get("kind").asText());
    assertEquals("measured on this machine", node.get("source").asText());
    assertEquals(2, node.at("/sum_over_whole/rounds").size());
    assertTrue(node.get("decode_ms_per_step").asDouble() > 0);
    assertTrue(node.at("/sum_of_blocks/prefill_ms").asDouble() > 0);
    assertTrue(node.get("variants").size() > 8, node.toString());
    assertTrue(run(0, line, small).contains("sum / whole"), "text as well");
    run(3, "run --model %s --batch 8 --prefill 64 --generate 8", parent);
    assertTrue(thrown.getMessage().contains("GB of memory"), thrown.getMessage());
    run(3, "run --model %s --batch 0 --prefill 8 --generate 2", small);
    assertTrue(thrown.getMessage().contains("out of range"), thrown.getMessage());
  }

  @Test
  void showPrintsEveryFieldAndTheStandardSpace() throws IOException {
    JsonNode node =
        json(
            run(
                0,
                "show --hardware h100 --model %s --batch auto --prefill 500"
                    + " --generate 2000 --dtype fp8 --tp 2 --output json",
                parent));
    for (String field :
        List.of(
            "tokens_per_second_per_gpu",
            "prefill_ms",
            "decode_ms_per_step",
            "max_batch",
            "weight_bytes",
            "kv_bytes_per_token",
            "uncertainty")) {
      assertTrue(node.get(field).doubleValue() > 0, field + " " + node.get(field));
    }
    assertEquals(2 * 8 * 128 * 80, node.get("kv_bytes_per_token").intValue());
    assertEquals("model", node.get("kind").textValue());
    assertEquals(15, node.get("variants").size());
    for (JsonNode variant : node.get("variants")) {
      Variant read = Variant.parse(variant.get("variant").textValue());
      read.sizes()
          .forEach(
              (size, value) ->
                  assertEquals(
                      value, variant.get(size.name().toLowerCase(Locale.ROOT)).intValue()));
      assertEquals(
          variant.get("prefill_ms").doubleValue()
              + 2000 * variant.get("decode_ms_per_step").doubleValue(),
          variant.get("runtime_ms").doubleValue(),
          1e-6);
      for (String field : List.of("param_bytes", "kv_bytes", "uncertainty")) {
        assertTrue(variant.get(field).isNumber(), field);
      }
    }
  }

  @Test
  void showTakesTheSizesAsked() throws IOException {
    JsonNode variants =
        json(run(
                0,
                "show --hardware h200 --model %s --batch 8 --prefill 128"
                    + " --generate 128 --dtype bf16 --kv-heads 4,no-op --ffn linear,1000,0 --output json",
                parent))
            .get("variants");
    assertEquals(4, variants.get(0).get("kv_heads").intValue());
    assertEquals("attention-no-op", variants.get(1).get("variant").textValue());
    assertEquals("ffn-linear", variants.get(2).get("variant").textValue());
    assertEquals(1000, variants.get(3).get("width").intValue());
    assertEquals(0.0, variants.get(4).get("runtime_ms").doubleValue());
  }

  @Test
  void compareNeedsConfigsAlone() throws IOException {
    JsonNode node =
        json(
            run(
                0,
                "compare %s %s --hardware h100 --prefill 500"
                    + " --generate 2000 --dtype fp8 --output json",
                parent,
                child));
    double ratio =
        node.get("models").get(1).get("tokens_per_second_per_gpu").doubleValue()
            / node.get("models").get(0).get("tokens_per_second_per_gpu").doubleValue();
    assertEquals(ratio, node.get("ratio").doubleValue(), 1e-9);
    assertTrue(ratio > 1.5, "half the attention and less than two thirds of the FFN: " + ratio);
    String text =
        run(
            0,
            "compare %s %s --hardware h100 --batch 16"
                + " --prefill 500 --generate 2000 --dtype fp8",
            parent,
            child);
    assertTrue(text.contains("x the parent's tokens/s/GPU"), text);
  }

  @Test
  void eachModelMayTakeTheDevicesThatSuitItBest() throws IOException {
    JsonNode models =
        json(run(
                0,
                "compare %s %s --hardware h100 --prefill 500"
                    + " --generate 2000 --dtype fp8 --tp auto --output json",
                parent,
                child))
            .get("models");
    assertTrue(models.get(0).get("workload").get("tp").intValue() > 1, "the parent needs room");
    for (JsonNode model : models) {
      assertTrue(model.get("fits").booleanValue());
    }
  }

  @Test
  void aBatchThatDoesNotFitIsSaid() {
    String text =
        run(
            0,
            "show --hardware h100 --model %s --batch 1000"
                + " --prefill 500 --generate 2000 --dtype fp8",
            parent);
    assertTrue(text.contains("DOES NOT FIT"), text);
  }

  @Test
  void wrongOptionsAreNamed() {
    String base = "show --model %s --prefill 1 --generate 1 --hardware ";
    run(3, base + "a100 --dtype fp8", parent);
    assertTrue(thrown.getMessage().contains("h100, h200"), thrown.getMessage());
    run(3, base + "h100 --dtype int4", parent);
    assertTrue(thrown.getMessage().contains("--dtype is 'int4'"), thrown.getMessage());
    run(3, base + "h100 --dtype fp8 --batch many", parent);
    assertTrue(thrown.getMessage().contains("--batch is 'many'"), thrown.getMessage());
    run(3, base + "h100 --dtype fp8 --tp 3", parent);
    run(3, base + "h100 --dtype bf16", parent);
    assertTrue(thrown.getMessage().contains("does not fit"), thrown.getMessage());
    run(3, base + "h100 --dtype fp8 --ffn wide", parent);
    run(3, base + "h100 --dtype fp8 --batch 2000000000", parent);
    assertTrue(thrown.getMessage().contains("above 1000000"), thrown.getMessage());
    run(3, base + "h100 --dtype fp8 --batch 0", parent);
    run(2, base + "h100", parent);
    run(2, "show");
  }

  @Test
  void importWritesATableThatShowReads() throws IOException {
    Path stats = folder.resolve("stats.json");
    Files.writeString(
        stats,
        "[{\"args\": {\"batch_size\": 16, \"prefill_seq_len\": 100, \"generation_seq_len\": 10,"
            + " \"weights_dtype\": \"fp8\", \"kv_cache_dtype\": \"fp8\"}, \"subblocks\":"
            + " [{\"subblock_config\": {\"intermediate_size\": 28672}, \"subblock_config_class\":"
            + " \"FFNConfig\", \"prefill_runtime_ms\": 3, \"decode_runtime_ms\": 20}]}]");
    Path table = folder.resolve("costs.csv");
    String dry = run(0, "import %s --into %s --dry-run", stats, table);
    assertTrue(dry.contains("2 numbers: 2 new"), dry);
    assertFalse(Files.exists(table));
    run(0, "import %s --into %s", stats, table);
    JsonNode ffn =
        json(run(
                0,
                "show --hardware h100 --model %s --batch 16 --prefill 100 --generate 10"
                    + " --dtype fp8 --costs %s --ffn 28672 --kv-heads 8 --output json",
                parent,
                table))
            .get("variants")
            .get(1);
    assertEquals(23, ffn.get("runtime_ms").doubleValue(), 1e-9);
    assertEquals("table", ffn.get("kind").textValue());
    assertTrue(ffn.get("source").textValue().startsWith("imported stats.json sha256:"));
  }

  @Test
  void importNeedsSomewhereToWrite() throws IOException {
    Path file = Files.createFile(folder.resolve("empty.csv"));
    run(3, "import %s", file);
    run(3, "import %s --dry-run", folder.resolve("absent.csv"));
    run(3, "import %s --dry-run", file);
    assertInstanceOf(InvalidInputException.class, thrown);
  }

  @Test
  void aKernelTableIsCheckedAndCopied() throws IOException {
    Path file = folder.resolve("gemm.csv");
    Files.writeString(file, "dtype,m,n,k,latency_us\nfp8,1,256,256,12.5\n");
    Path tables = folder.resolve("tables");
    String said = run(0, "import %s --kernels h100 --into %s", file, tables);
    assertTrue(said.contains("gemm/fp8: 1"), said);
    assertTrue(Files.exists(tables.resolve("h100_gemm.csv")));
  }

  @Test
  void fitAndCheckNeedData() {
    run(3, "fit");
    run(3, "check");
    run(3, "check --tables %s", folder);
  }
}
