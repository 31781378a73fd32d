package puzzle.engine.profile.table;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import puzzle.model.InvalidInputException;
import puzzle.model.Workload;

class CostImportTest {

  private static final String ARGS =
      "\"args\": {\"batch_size\": 64, \"prefill_seq_len\": 128, \"generation_seq_len\": 10,"
          + " \"weights_dtype\": \"torch.bfloat16\", \"kv_cache_dtype\": \"fp8\","
          + " \"n_embd\": 8192, \"n_head\": 64}";

  @TempDir private Path folder;

  private ImportedCosts stats(String subblocks) throws IOException {
    return read("stats.json", "[{" + ARGS + ", \"subblocks\": [" + subblocks + "]}]");
  }

  private ImportedCosts read(String name, String text) throws IOException {
    Path file = folder.resolve(name);
    Files.writeString(file, text);
    return CostImport.read(file, CostImport.workload("b256-p1000-g200-wfp8-kvfp8-tp1"), 1);
  }

  private static double value(ImportedCosts costs, String what, CostStat metric) {
    return costs.rows().stream()
        .filter(r -> r.what().equals(what) && r.metric() == metric)
        .mapToDouble(CostRow::value)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void newAndOldNamesOfSubblockStatsMeanTheSame() throws IOException {
    ImportedCosts costs =
        stats(
            "{\"subblock_config\": {\"num_key_value_heads\": 8, \"no_op\": false},"
                + "\"subblock_config_class\": \"AttentionConfig\", \"runtime_ms\": 12,"
                + "\"prefill_runtime_ms\": 2, \"decode_runtime_ms\": 10, \"num_params\": 151,"
                + "\"memory_mib\": 5, \"kv_cache_memory_mib\": 2, \"parent_layer_index\": 3},"
                + "{\"subblock_config\": {\"n_heads_in_group\": 16},"
                + "\"subblock_config_class\": \"AttentionConfig\", \"runtime_ms\": 12},"
                + "{\"subblock_config\": {\"ffn_mult\": 1.3125},"
                + "\"subblock_config_class\": \"FFNConfig\", \"runtime_ms\": 12},"
                + "{\"subblock_config\": {\"replace_with_linear\": true},"
                + "\"subblock_config_class\": \"FFNConfig\", \"runtime_ms\": 3}");
    assertEquals(0.002, value(costs, "kv-8", CostStat.PREFILL_TIME), 1e-12);
    assertEquals(0.001, value(costs, "kv-8", CostStat.DECODE_TIME), 1e-12);
    assertEquals(3 << 20, value(costs, "kv-8", CostStat.WEIGHT_MEMORY));
    assertEquals(2 << 20, value(costs, "kv-8", CostStat.KV_MEMORY));
    assertEquals(3, costs.rows().get(0).layer());
    assertEquals(0.012, value(costs, "kv-4", CostStat.RUNTIME), 1e-12);
    assertEquals(0.012, value(costs, "ffn-7168", CostStat.RUNTIME), 1e-12);
    assertEquals(0.003, value(costs, "ffn-linear", CostStat.RUNTIME), 1e-12);
    assertTrue(costs.rows().get(0).source().matches("imported stats.json sha256:.{12} at /0/.*"));
  }

  @Test
  void anotherKindOfSubblockIsSkippedAloud() throws IOException {
    ImportedCosts costs =
        stats("{\"subblock_config\": {}, \"subblock_config_class\": \"MambaConfig\"}");
    assertEquals(0, costs.rows().size());
    assertTrue(costs.skipped().get(0).contains("/0/subblocks/0: MambaConfig"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\'',
      value = {
        "AttentionConfig | {\"num_key_value_heads\": 0} | /0/subblocks/0/subblock_config/num_key_value_heads: 0",
        "AttentionConfig | {\"num_key_value_heads\": \"8\"} | num_key_value_heads: \"8\"",
        "AttentionConfig | {\"n_heads_in_group\": 7} | n_heads_in_group: 7 does not divide the 64 attention heads",
        "AttentionConfig | {} | subblock_config: {} has none of n_heads_in_group, num_key_value_heads, ",
        "FFNConfig | {\"ffn_mult\": -1} | ffn_mult: -1",
        "FFNConfig | {\"ffn_mult\": 1e99} | ffn_mult: 1.0E99",
        "FFNConfig | {\"intermediate_size\": 2.5} | intermediate_size: 2.5",
        "FFNConfig | {\"no_op\": \"yes\"} | no_op: \"yes\""
      })
  void aBadConfigIsNamedWithItsPointer(String type, String config, String said) {
    InvalidInputException e =
        assertThrows(
            InvalidInputException.class,
            () ->
                stats(
                    "{\"subblock_config_class\": \"%s\", \"subblock_config\": %s, \"runtime_ms\": 1}"
                        .formatted(type.strip(), config.strip())));
    assertTrue(e.getMessage().contains(said.strip()), e.getMessage());
  }

  @Test
  void aRowThatCannotBeUsedIsNamedAsItStandsInTheFileAndTheOthersAreUsed() throws Exception {
    Path file = Path.of(getClass().getResource("/tables/all.json").toURI());
    ImportedCosts costs = CostImport.read(file, null, 1);
    String subblocks = file + ": /0/subblocks/";
    assertEquals(
        List.of(
            subblocks + "4/runtime_ms: -0.021 is negative: the measurement failed",
            subblocks + "4/decode_runtime_ms: -0.021 is negative: the measurement failed",
            subblocks + "5: MambaConfig is not a kind of subblock known here",
            subblocks + "6/subblock_config/moe: not a kind of subblock known here",
            subblocks + "8/memory_mib: 1.0 leaves no room for kv_cache_memory_mib",
            subblocks + "7/decode_runtime_ms: missing; what else is measured there stays usable"),
        costs.skipped());
    assertEquals(
        Set.of("kv-8", "kv-4", "ffn-28672", "ffn-14336", "ffn-10240"),
        costs.rows().stream().map(CostRow::what).collect(Collectors.toSet()));
    // Its decode time is null; what else is measured stays.
    assertEquals(0.00125, value(costs, "ffn-10240", CostStat.PREFILL_TIME), 1e-12);
    assertEquals(3000, value(costs, "ffn-10240", CostStat.PARAMS));
    assertEquals(0.0025, value(costs, "ffn-10240", CostStat.RUNTIME), 1e-12);
    assertEquals(0.001, value(costs, "kv-8", CostStat.PREFILL_TIME), 1e-12);
  }

  @Test
  void aNegativeCostOutsideTheBlocksIsLeftOutAloud() throws IOException {
    ImportedCosts costs =
        read(
            "stats.json",
            "[{"
                + ARGS
                + ", \"non_block\": {\"runtime_ms\": -1, \"num_params\": 7},"
                + " \"subblocks\": []}]");
    assertTrue(costs.skipped().get(0).contains("/0/non_block/runtime_ms: -1.0 is negative"));
    assertEquals(7, value(costs, CostRow.FIXED, CostStat.PARAMS));
  }

  @Test
  void aBlockLibraryGivesScoresPerBlockAndCostsPerSubblock() throws IOException {
    ImportedCosts costs =
        read(
            "library.json",
            "{\"layer_0\": {\"parent\": {\"stats\": {\"num_kv_heads\": 8,"
                + "\"ffn_intermediate_size\": 28672, \"runtime_ms\": 800, \"memory_mib\": 1437,"
                + "\"num_params\": 855, \"attention_runtime_ms\": 350, \"ffn_runtime_ms\": 450},"
                + "\"metrics\": {\"kl_div\": 0.0, \"lm_loss\": 1.6}},"
                + "\"no attention\": {\"stats\": {\"num_kv_heads\": 0,"
                + "\"ffn_intermediate_size\": 28672, \"runtime_ms\": 452,"
                + "\"attention_runtime_ms\": 0, \"ffn_runtime_ms\": 452},"
                + "\"metrics\": {\"kl_div\": 0.1, \"lm_loss\": 1.7}}}}");
    assertEquals(0.1, value(costs, "attention-no-op+ffn-28672", CostStat.KL_DIV));
    assertEquals(0.8, value(costs, "kv-8+ffn-28672", CostStat.RUNTIME), 1e-12);
    assertEquals(0.451, value(costs, "ffn-28672", CostStat.RUNTIME), 1e-12);
    assertEquals(0.35, value(costs, "kv-8", CostStat.RUNTIME), 1e-12);
  }

  @Test
  void aLibraryWithoutAWorkloadIsRefused() throws IOException {
    Path file = folder.resolve("library.json");
    Files.writeString(file, "{}");
    assertThrows(InvalidInputException.class, () -> CostImport.read(file, null, 1));
  }

  @Test
  void damagedFilesAreRefusedWithThePlace() {
    for (String text :
        new String[] {
          "[{",
          "[1]",
          "[{\"args\": 3}]",
          "{\"layer_x\": {}}",
          "[]]",
          "[][]",
          "[{\"args\": {}, \"args\": {}}]",
          "[NaN]"
        }) {
      InvalidInputException e =
          assertThrows(InvalidInputException.class, () -> read("broken.json", text), text);
      assertTrue(e.getMessage().contains("broken.json: "), e.getMessage());
    }
    assertThrows(InvalidInputException.class, () -> read("table.parquet", "PAR1...."));
  }

  @Test
  void aMeasuredNumberBeatsAnImportedOneUnlessToldOtherwise() {
    Workload w = CostImport.workload("b1-p1-g1-wfp8-kvfp8-tp1");
    CostRow measured = new CostRow(0, "kv-8", w, CostStat.RUNTIME, 1, "measured on cpu");
    CostRow imported = new CostRow(0, "kv-8", w, CostStat.RUNTIME, 2, "imported x");
    CostTable table = CostTable.of(List.of(measured));
    CostTable.Merge kept = table.merge(List.of(imported), false);
    assertEquals(1, kept.kept());
    assertEquals(measured, kept.table().rows().get(0));
    CostTable.Merge replaced = table.merge(List.of(imported), true);
    assertEquals(imported, replaced.table().rows().get(0));
    assertEquals(
        measured,
        CostTable.of(List.of(imported)).merge(List.of(measured), false).table().rows().get(0));
  }
}
