package puzzle.actors.cli.solve;

import static org.junit.jupiter.api.Assertions.assertEquals;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import puzzle.actors.cli.console.Complaints;

class SolveCommandTest {

  private static final String LIBRARY =
      """
      {"layer_0": {
         "parent": {"stats": {"memory_mib": 4, "runtime_ms": 2}, "metrics": {"kl_div": 0}},
         "small": {"stats": {"memory_mib": 2, "runtime_ms": 1}, "metrics": {"kl_div": 1}},
         "none": {"stats": {"memory_mib": 0, "runtime_ms": 0}, "metrics": {"kl_div": 5}}},
       "layer_1": {
         "parent": {"stats": {"memory_mib": 4, "runtime_ms": 2}, "metrics": {"kl_div": 0}},
         "small": {"stats": {"memory_mib": 2, "runtime_ms": 1}, "metrics": {"kl_div": 2}},
         "none": {"stats": {"memory_mib": 0, "runtime_ms": 0}, "metrics": {"kl_div": 3}}}}
      """;

  private static final String SCORES =
      """
      layer,subblock,variant,metric,value
      0,attention,kv-8,kl_div,0
      0,attention,kv-4,kl_div,0.1
      0,ffn,ffn-28672,kl_div,0
      0,ffn,ffn-14336,kl_div,0.2
      0,ffn,ffn-7168,kl_div,0.3
      1,attention,kv-8,kl_div,0
      1,attention,kv-4,kl_div,0.1
      1,ffn,ffn-28672,kl_div,0
      1,ffn,ffn-14336,kl_div,0.2
      """;

  @TempDir Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    CommandLine command = Complaints.on(new CommandLine(new SolveCommand()));
    command.setOut(new PrintWriter(out));
    command.setErr(new PrintWriter(err));
    return command.execute(arguments);
  }

  private String library(String text) throws IOException {
    return Files.writeString(folder.resolve("library.json"), text).toString();
  }

  private JsonNode json() throws IOException {
    return new ObjectMapper().readTree(out.toString());
  }

  @Test
  void solvesALibraryUnderLimits() throws IOException {
    int code = run("--library", library(LIBRARY), "--limit", "memory_mib<=4", "--output", "json");
    assertEquals(0, code, err.toString());
    assertEquals("optimal", json().get("status").asText());
    assertEquals(3.0, json().get("objective").asDouble());
    assertEquals(4.0, json().get("totals").get("memory_mib").asDouble());
    assertEquals(2, json().get("choices").size());
    assertTrue(json().get("proven").asBoolean());
  }

  @Test
  void convertsTheUnitsOfALimit() throws IOException {
    int code =
        run("--library", library(LIBRARY), "--limit", "memory_mib<=4096KiB", "--output", "json");
    assertEquals(0, code, err.toString());
    assertEquals(3.0, json().get("objective").asDouble());
  }

  @Test
  void explainsWhatWouldBeFeasible() throws IOException {
    String file = library(LIBRARY.replace("\"memory_mib\": 0", "\"memory_mib\": 1"));
    int code =
        run(
            "--library",
            file,
            "--limit",
            "memory_mib<=1",
            "--limit",
            "runtime_ms<=3",
            "--output",
            "json");
    assertEquals(4, code, err.toString());
    assertEquals("infeasible", json().get("status").asText());
    assertEquals(1, json().get("conflict").size());
    assertEquals("memory_mib<=1.0", json().get("conflict").get(0).asText());
    assertEquals(2.0, json().get("relaxations").get(0).get("feasible").asDouble());
  }

  @Test
  void maximisesAScore() throws IOException {
    int code =
        run(
            "--library",
            library(LIBRARY),
            "--maximize",
            "--limit",
            "memory_mib>=2",
            "--output",
            "json");
    assertEquals(0, code, err.toString());
    assertEquals(7.0, json().get("objective").asDouble());
  }

  @Test
  void findsDiverseSolutionsASweepAndBaselines() throws IOException {
    String file = library(LIBRARY);
    assertEquals(
        0,
        run(
            "--library",
            file,
            "--limit",
            "memory_mib<=6",
            "--solutions",
            "3",
            "--differ",
            "2",
            "--baselines",
            "--output",
            "json"));
    JsonNode solutions = json().get("solutions");
    assertEquals(3, solutions.size());
    assertTrue(json().get("baselines").has("greedy"));
    out.getBuffer().setLength(0);
    assertEquals(0, run("--library", file, "--pareto", "memory_mib:0:8:5", "--output", "json"));
    assertEquals(5, json().get("solutions").size());
    assertEquals(8.0, json().get("solutions").get(0).get("objective").asDouble());
    assertEquals(0.0, json().get("solutions").get(4).get("objective").asDouble());
  }

  @Test
  void refusesBadInputWithPlaceAndValue() throws IOException {
    assertEquals(3, run("--library", library(LIBRARY), "--limit", "memory<=4"));
    assertTrue(err.toString().contains("memory") && err.toString().contains("Maybe"));
    assertEquals(3, run("--library", library(LIBRARY), "--limit", "memory_mib<=4ms"));
    assertEquals(3, run("--library", library(LIBRARY), "--limit", "memory_mib<=nan"));
    assertEquals(3, run("--library", library(LIBRARY), "--objective", "nothing"));
    assertEquals(3, run("--library", library(LIBRARY.substring(0, 150))));
    assertEquals(3, run("--library", library(LIBRARY.replace("\"kl_div\": 5", "\"kl_div\": NaN"))));
    assertEquals(
        3, run("--library", library(LIBRARY.replace("\"memory_mib\": 2", "\"memory_mib\": -2"))));
    assertEquals(3, run("--library", library(LIBRARY.replace("\"memory_mib\": 2, ", ""))));
    assertEquals(3, run("--library", folder.resolve("absent.json").toString()));
    assertEquals(2, run("--limit", "memory_mib<=4"));
  }

  @Test
  void joinsCostsOfHalvesWithScoresFromCsv() throws IOException {
    Path stats =
        Files.writeString(
            folder.resolve("subblock_stats.json"),
            """
            [{"args": {"batch_size": 1, "prefill_seq_len": 8, "generation_seq_len": 8},
              "non_block": {"memory_mib": 10},
              "subblocks": [
               {"subblock_config": {"num_key_value_heads": 8}, "subblock_config_class": "AttentionConfig",
                "runtime_ms": 3, "memory_mib": 5, "parent_layer_index": null},
               {"subblock_config": {"no_op": true}, "subblock_config_class": "AttentionConfig",
                "runtime_ms": 0, "memory_mib": 0, "parent_layer_index": null},
               {"subblock_config": {"intermediate_size": 512}, "subblock_config_class": "FFNConfig",
                "runtime_ms": 4, "memory_mib": 6, "parent_layer_index": null}]}]
            """);
    Path scores =
        Files.writeString(
            folder.resolve("scores.csv"),
            """
            layer,subblock,variant,workload,metric,value,unit,source
            0,block,kv-8+ffn-512,,kl_div,0,nats,run
            0,block,attention-no-op+ffn-512,,kl_div,0.5,nats,run
            1,block,kv-8+ffn-512,,kl_div,0,nats,run
            1,block,attention-no-op+ffn-512,,kl_div,0.25,nats,run
            """);
    int code =
        run(
            "--library",
            stats.toString(),
            "--library",
            scores.toString(),
            "--limit",
            "memory_mib<=29",
            "--output",
            "json");
    assertEquals(0, code, err.toString());
    assertEquals(0.25, json().get("objective").asDouble());
    assertEquals("attention-no-op+ffn-512", json().get("choices").get(1).get("name").asText());
  }

  @Test
  void leavesOutRowsOfStatisticsThatCannotBeUsedAndNamesThem() throws IOException {
    Path stats = Path.of("../engine/src/test/resources/tables/all.json");
    Path scores = Files.writeString(folder.resolve("scores.csv"), "\ufeff" + SCORES);
    int code =
        run(
            "--library",
            stats.toString(),
            "--library",
            scores.toString(),
            "--limit",
            "runtime_ms<=12",
            "--output",
            "json");
    assertEquals(0, code, err.toString());
    assertEquals(0.1 + 0.2, json().get("objective").asDouble(), 1e-12);
    for (String place :
        List.of(
            "/0/subblocks/4/runtime_ms: -0.021 is negative",
            "/0/subblocks/5: MambaConfig is not a kind",
            "/0/subblocks/6/subblock_config/moe",
            "/0/subblocks/7/decode_runtime_ms: missing",
            "/0/subblocks/8/memory_mib: 1.0 leaves no room",
            "layer 0 kv-8+ffn-7168 has no runtime_ms",
            "skipped decode_runtime_ms: not every block has it")) {
      assertTrue(err.toString().contains(place), err.toString());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "runtime_ms<=15, 0.03",
    "prefill_runtime_ms<=7.5, 0.03",
    "decode_runtime_ms<=7.5, 0.1",
    "runtime_ms<=15;decode_runtime_ms<=7.5, 0.1"
  })
  void aBlockWithoutADecodeTimeIsLeftOutOnlyIfALimitIsOnDecodeTime(String limits, double objective)
      throws IOException {
    Path stats = Path.of("../engine/src/test/resources/tables/all.json");
    String more = "0,ffn,ffn-10240,kl_div,0.03\n";
    Path scores = Files.writeString(folder.resolve("scores.csv"), SCORES + more);
    List<String> arguments =
        new ArrayList<>(List.of("--library=" + stats, "--library=" + scores, "--output=json"));
    for (String limit : limits.split(";")) {
      arguments.add("--limit=" + limit);
    }
    assertEquals(0, run(arguments.toArray(String[]::new)), err.toString());
    assertEquals(objective, json().get("objective").asDouble(), 1e-12);
    boolean limited = limits.contains("decode");
    assertEquals(limited, json().get("totals").has("decode_runtime_ms"));
    assertEquals(
        limited,
        err.toString().contains("layer 0 kv-8+ffn-10240 has no decode_runtime_ms"),
        err.toString());
  }

  @Test
  void readsTheFolderOfARun() throws IOException {
    Files.writeString(
        folder.resolve("profile.csv"),
        """
        workload,variant,prefill_seconds,decode_seconds,weight_bytes,kv_bytes,params,relative_spread,source
        b1-p8-g8,fixed,0.5,0.1,10,0,5,0,measured, here
        b1-p8-g8,kv-8,2,0.2,40,8,20,0,measured, here
        b1-p8-g8,attention-no-op,0,0,0,0,0,0,measured, here
        b1-p8-g8,ffn-640,4,0.4,80,0,40,0,measured, here
        """);
    Files.writeString(
        folder.resolve("scores.csv"),
        """
        layer,attention,ffn,kl_nats_per_token,standard_error,kind,metric,score,lm_loss_nats_per_token,training
        0,kv-8,ffn-640,0,0,measured,kl,0,0,decoupled
        0,attention-no-op,ffn-640,0.5,0.1,measured,kl,0.5,0.7,decoupled
        1,kv-8,ffn-640,0,0,measured,kl,0,0,decoupled
        1,attention-no-op,ffn-640,0.25,0.1,measured,kl,0.25,0.9,decoupled
        """);
    String[] arguments = {
      "--library", folder.toString(), "--limit", "prefill_seconds<=10500ms", "--output", "json"
    };
    assertEquals(0, run(arguments), err.toString());
    assertEquals(0.25, json().get("objective").asDouble());
  }

  @Test
  void unitsOfAStatAgreeAcrossFiles() throws IOException {
    String header = "layer,subblock,variant,workload,metric,value,unit,source\n";
    Path a =
        Files.writeString(
            folder.resolve("a.csv"), header + "*,attention,kv-8,b1-p1-g1,runtime,3,ms,x\n");
    Path b =
        Files.writeString(
            folder.resolve("b.csv"), header + "*,ffn,ffn-640,b64-p9-g9,runtime,0.006,s,x\n");
    assertEquals(3, run("--library", a.toString(), "--library", b.toString()));
    assertTrue(err.toString().contains("b.csv:2: runtime in 's', before in 'ms'"));
  }

  @Test
  void provesAShippedInstanceAndReplaysIt() throws IOException {
    Path file =
        Path.of("../engine/src/test/resources/solver-instances/real-8x54-K2-frac-t0.3-s7.json");
    assertEquals(0, run("--instance", file.toString(), "--output", "json"), err.toString());
    assertEquals(0.45873537903408895, json().get("objective").asDouble(), 1e-9);
    out.getBuffer().setLength(0);
    assertEquals(0, run("--replay", file.toString(), "--output", "json"), err.toString());
    assertEquals(0.45873537903408895, json().get("objective").asDouble(), 1e-9);
    assertTrue(json().get("skipped").asInt() > 0);
  }

  @ParameterizedTest
  @CsvSource({
    "any, 0, kv-8+ffn-linear, 0.1",
    "vllm, 0, kv-8+ffn-no-op, 0.4",
    "mlx, 0, kv-8+ffn-no-op, 0.4",
    "llama.cpp, 4, , 0"
  })
  void choosesOnlyWhatTheServerRuns(String server, int code, String item, double objective)
      throws IOException {
    String file = resource("linear-halves.csv");
    assertEquals(
        code,
        run("--library", file, "--servable", server, "--limit", "ms<=8", "--output", "json"),
        err.toString());
    if (code == 0) {
      assertEquals(objective, json().get("objective").asDouble(), 1e-12);
      json().get("choices").forEach(choice -> assertEquals(item, choice.get("name").asText()));
    }
  }

  @Test
  void explainsTheProblemThatTheServersRulesLeave() throws IOException {
    String file = resource("linear-is-cheaper.csv");
    assertEquals(
        4, run("--library", file, "--servable", "vllm", "--limit", "ms<=6", "--output", "json"));
    assertEquals(10.0, json().get("relaxations").get(0).get("feasible").asDouble());
  }

  @Test
  void explainsTheRuleThatAttentionComesFirst() throws IOException {
    String file = resource("linear-halves.csv");
    String[] json = {"--library", file, "--servable", "vllm", "--output=json", "--limit=ms<=2"};
    assertEquals(4, run(json), err.toString());
    assertEquals("ms<=2.0", json().get("conflict").get(0).asText());
    assertEquals(3.0, json().get("relaxations").get(0).get("feasible").asDouble());
    out.getBuffer().setLength(0);
    json[json.length - 1] = "--limit=ms<=3";
    assertEquals(0, run(json), err.toString());
    out.getBuffer().setLength(0);
    String ffnFirst = "--force=0:attention-no-op+ffn-640";
    assertEquals(4, run("--library", file, "--servable", "vllm", ffnFirst));
    assertTrue(out.toString().contains("Nothing may be chosen"), out.toString());
  }

  @Test
  void refusesServersRulesWhereTheyWouldBeDropped() throws IOException {
    String file = resource("linear-halves.csv");
    for (String option : List.of("--solutions=3", "--pareto=ms:0:8:3", "--baselines")) {
      assertEquals(2, run("--library", file, "--servable", "vllm", "--limit", "ms<=8", option));
    }
    assertEquals(2, run("--replay", file, "--servable", "vllm", "--limit", "ms<=8"));
    assertEquals(2, run("--replay", file, "--forbid", "0:kv-8+ffn-640", "--limit", "ms<=8"));
    assertEquals(3, run("--library", library(LIBRARY), "--servable", "mlx"));
    assertTrue(err.toString().contains("layer 0 item 'parent'"), err.toString());
  }

  private static String resource(String name) {
    return Path.of(SolveCommandTest.class.getResource(name).getPath()).toString();
  }
}
