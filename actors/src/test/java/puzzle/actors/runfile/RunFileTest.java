package puzzle.actors.runfile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.engine.EngineFactory.ParentShape;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.DType;
import puzzle.model.InvalidInputException;
import puzzle.model.Limit;
import puzzle.model.RunSpec;
import puzzle.model.RunSpec.Gkd.Loss;
import puzzle.model.Score;
import puzzle.model.SearchSpace;
import puzzle.model.Variant;
import puzzle.model.Workload;

class RunFileTest {

  private static final String GOOD =
      """
      apiVersion: puzzle/v1
      name: tiny
      parent: parent
      store: runs/tiny
      seed: 3
      corpus:
        source: classpath:text.gz
      target:
        workload: {batch: 32, prefill: 128, generate: 32, kvCache: bf16}
        limits:
          memory: 40 MiB
          throughput: 1.5 x parent
      """;

  @TempDir Path folder;

  @BeforeEach
  void parent() throws IOException {
    Files.createDirectories(folder.resolve("parent"));
  }

  @Test
  void fillsInEveryDefault() throws IOException {
    RunFile run = read(GOOD);
    RunSpec spec = run.spec();
    assertEquals(folder.resolve("parent").toString(), spec.parent());
    assertEquals("/here/runs/tiny", spec.store());
    assertEquals(54, spec.space().blocks().size());
    assertEquals(Set.of(Loss.COSINE, Loss.KLD), spec.gkd().losses());
    assertEquals(DType.BF16, spec.target().goals().get(0).workload().kvCache());
    assertEquals(
        List.of(
            new Limit(Limit.Stat.MEMORY, 40 * 1048576.0, false),
            new Limit(Limit.Stat.THROUGHPUT, 1.5, true)),
        spec.target().goals().get(0).limits());
  }

  @Test
  void aHealingIsDealtToShardsAndMayHaveNoLossAtAll() throws IOException {
    RunSpec.Gkd gkd =
        read(GOOD + "gkd: {losses: [], batch: 8, shards: 2, evaluateSteps: 5}\n").spec().gkd();
    assertEquals(Set.of(), gkd.losses());
    assertEquals(2, gkd.shards());
    assertEquals(4, gkd.passSequences());
    assertEquals(0, gkd.rounds());
  }

  @Test
  void theResolvedFileReadsBackAsTheSameRun() throws IOException {
    RunFile run = read(GOOD);
    RunFile again = read(run.resolved());
    assertEquals(run.spec(), again.spec());
    assertEquals(run.hash(), again.hash());
  }

  @Test
  void theMetricAndTheBenchmarkOfScoresAreReadAndChecked() throws IOException {
    Files.writeString(folder.resolve("prompts.jsonl"), "{}");
    String scoring = "scoring: {metric: %s, topK: 3, benchmark: prompts.jsonl, candidates: 4}\n";
    RunFile run = read(GOOD + scoring.formatted("benchmark"));
    assertEquals(Score.Metric.BENCHMARK, run.spec().scoring().metric());
    assertEquals(3, run.spec().scoring().topK());
    assertEquals(folder.resolve("prompts.jsonl").toString(), run.spec().scoring().benchmark());
    assertEquals(run.spec(), read(run.resolved()).spec());
    assertNotEquals(run.hash(), read(GOOD + scoring.formatted("lm-loss")).hash());
    assertEquals(Score.Metric.KL, read(GOOD).spec().scoring().metric());

    refused(GOOD + scoring.formatted("klx"), ":13:", "unknown metric 'klx'", "lm-loss");
    refused(GOOD + "scoring: {metric: benchmark}\n", ":13:", "scoring.benchmark is missing");
    refused(GOOD + "scoring: {benchmark: nowhere.jsonl}\n", ":13:", "is neither a file nor");
  }

  @Test
  void whereTheStoreLiesDoesNotMakeItAnotherRunButASeedDoes() throws IOException {
    String hash = read(GOOD).hash();
    assertEquals(hash, read(GOOD.replace("runs/tiny", "elsewhere")).hash());
    assertNotEquals(hash, read(GOOD.replace("seed: 3", "seed: 4")).hash());
  }

  @Test
  void anUnknownKeyIsNamedWithItsPlaceAndTheNearestThatExists() {
    refused(GOOD.replace("seed:", "sede:"), ":5:1:", "unknown key 'sede'", "'seed'");
    refused(GOOD.replace("throughput:", "troughput:"), ":12:", "did you mean 'throughput'?");
    refused(GOOD + "bld:\n  learningrate: 3\n", ":14:3:", "'learningRate'");
    refused(GOOD + "colour: blue\n", "unknown key 'colour'", "one of");
  }

  @Test
  void valuesOutOfRangeAreNamedWithTheirPlace() {
    refused(GOOD + "bld: {sequences: 8, batch: 9}\n", "a step takes 9 sequences, the tape has 8");
    refused(GOOD.replace("seed: 3", "seed: -1"), ":5:", "seed", "-1");
    refused(GOOD.replace("batch: 32", "batch: 0"), "batch", "0 is out of range");
    refused(GOOD.replace("batch: 32", "batch: 1e99"), "not a whole number");
    refused(GOOD + "bld: {learningRate: .nan}\n", ":13:", "not a finite number");
    refused(GOOD + "bld: {learningRate: .inf}\n", "not a finite number");
    refused(GOOD + "bld: {learningRate: -1}\n", "out of range");
    refused(GOOD + "bld: {steps: 99999999999999999999}\n", "not a whole number");
    refused(GOOD.replace("40 MiB", "-40 MiB"), "not a quantity");
    refused(GOOD.replace("40 MiB", "0 MiB"), "positive");
    refused(GOOD.replace("40 MiB", "40 parsec"), "'parsec' is not a unit");
    refused(GOOD.replace("40 MiB", "1e999 MiB"), "positive finite");
    refused(GOOD.replace("kvCache: bf16", "kvCache: int3"), "unknown element type");
    refused(GOOD + "gkd: {losses: [cosine, mse]}\n", "unknown loss 'mse'");
    refused(GOOD + "gkd: {batch: 8, shards: 3}\n", "8 sequences cannot be dealt to 3 shards");
    refused(GOOD + "gkd: {temperature: 0}\n", "temperature");
    refused(GOOD + "space: {attention: [kv-8, kv-8], ffn: [ffn-640]}\n", "twice");
    refused(GOOD + "space: {attention: [kv-4]}\n", "parent's own");
    refused(GOOD + "space: {attention: [kv-eight]}\n", "unknown variant");
    refused(GOOD + "space: {ffn: [ffn-640, ffn-640-rank-641]}\n", "no rank above 640");
    refused(GOOD + "space: {attention: [kv-8, kv-16]}\n", "kv-16 is more than the parent has, 8");
    refused(GOOD + "space: {attention: [kv-8, kv-3]}\n", "8 query heads", "divides 8");
    refused(GOOD + "space: {layers: {top: {}}}\n", "'top' names no layers");
    refused(GOOD + "space: {layers: {2-4: {}}}\n", "layers 0 to 3");
    refused(GOOD + "space: {layers: {0: {ffn: [ffn-7]}}}\n", "not among the variants of all");
    refused(GOOD + "bld: {tapeBudget: 0.5 x parent}\n", "not a number of bytes");
    refused(GOOD + "bld: {microBatch: -1}\n", "microBatch");
  }

  @Test
  void whereTheParentsLayersDifferEachChoosesItsOwnOrLess() throws IOException {
    ParentShape shape =
        new ParentShape(
            8,
            640,
            Block.parse("kv-8+ffn-640"),
            new Architecture(
                List.of(
                    Block.parse("kv-8+ffn-640"),
                    Block.parse("kv-2+ffn-600"),
                    Block.parse("attention-no-op+ffn-linear"),
                    Block.parse("attention-linear+ffn-640-rank-8"))),
            0);
    Path file = Files.writeString(folder.resolve("run.yaml"), GOOD);
    RunFile read = RunFile.read(file, Path.of("/here"), parent -> shape);
    SearchSpace space = read.spec().space();
    assertEquals(shape.own(), space.parent(4));
    assertEquals(
        "[kv-8, kv-4, kv-2, kv-1, attention-linear, attention-no-op]",
        space.attention().toString());
    assertTrue(space.ffn().contains(Variant.parse("ffn-600")), space.ffn().toString());
    assertEquals(
        "[kv-2, kv-1, attention-linear, attention-no-op]", space.of(1).attention().toString());
    assertEquals("[ffn-640-rank-8, ffn-no-op]", space.of(3).ffn().toString());
    Path again = Files.writeString(folder.resolve("again.yaml"), read.resolved());
    assertEquals(read.hash(), RunFile.read(again, Path.of("/here"), parent -> shape).hash());
  }

  @Test
  void someLayersMayChooseFromFewerVariants() throws IOException {
    String fewer = GOOD + "space: {layers: {1-2: {attention: [kv-4]}, 3: {ffn: [ffn-no-op]}}}\n";
    SearchSpace space = read(fewer).spec().space();
    assertTrue(space.offers(0, Variant.parse("kv-1")));
    assertFalse(space.offers(1, Variant.parse("kv-1")));
    assertTrue(space.offers(2, Variant.parse("kv-4")));
    assertTrue(space.offers(2, Variant.parse("kv-8")), "the parent's own always");
    assertTrue(space.offers(1, Variant.parse("ffn-64")));
    assertFalse(space.offers(3, Variant.parse("ffn-64")));
    RunFile again = read(read(fewer).resolved());
    assertEquals(read(fewer).hash(), again.hash());
    assertNotEquals(read(GOOD).hash(), again.hash());
  }

  @Test
  void whatALongDistillationNeedsIsReadAndWrittenOut() throws IOException {
    String guarded =
        GOOD
            + "bld: {batch: 8, microBatch: 2, evaluateSteps: 7, patience: 0, checkpointSteps: 9,"
            + " tapeBudget: 2 GiB}\n";
    RunFile run = read(guarded);
    assertEquals(new RunSpec.Safeguards(2, 7, 0, 9, 2L << 30), run.spec().bld().safeguards());
    assertEquals(run.spec().bld(), read(run.resolved()).spec().bld());
    assertEquals(new RunSpec.Safeguards(0, 100, 3, 500, 0), read(GOOD).spec().bld().safeguards());
  }

  @Test
  void hardwareThatIsNotHereServesBf16UnlessToldOtherwise() throws IOException {
    config(8);
    RunFile run = read(GOOD.replace("target:", "target:\n  hardware: H100-SXM"));
    assertEquals("h100", run.spec().target().hardware());
    Workload workload = run.spec().target().goals().get(0).workload();
    assertEquals(DType.BF16, workload.weights());
    assertEquals(run.spec(), read(run.resolved()).spec());
    assertEquals(
        DType.FP32, read(GOOD).spec().target().goals().get(0).workload().weights(), "local");
  }

  @Test
  void whatAProfileCannotServeIsRefusedWithItsPlaceBeforeAnythingStarts() throws IOException {
    config(8);
    String h100 = GOOD.replace("target:", "target:\n  hardware: h100");
    refused(
        h100.replace("h100", "h1000"),
        ":9:13:",
        "unknown hardware 'h1000'",
        "h100, h200",
        "'local'");
    refused(
        h100.replace("kvCache: bf16", "weights: fp32"), ":10:", "target.workload.weights", "bf16");
    refused(h100.replace("kvCache: bf16", "kvCache: fp32"), ":10:", "not fp32");
    refused(h100.replace("kvCache: bf16", "tensorParallel: 3"), ":8:", "8 heads", "3 devices");
  }

  /** A parent's config of the shape that {@link #read} says it has. */
  private void config(int heads) throws IOException {
    Files.writeString(
        folder.resolve("parent/config.json"),
        """
        {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 256,
         "num_attention_heads": %d, "num_key_value_heads": 8, "intermediate_size": 640,
         "num_hidden_layers": 4, "vocab_size": 512, "rms_norm_eps": 1e-5,
         "max_position_embeddings": 2048}
        """
            .formatted(heads));
  }

  @Test
  void whatIsMissingIsNamed() {
    refused(GOOD.replace("apiVersion: puzzle/v1\n", ""), "apiVersion is missing");
    refused(GOOD.replace("puzzle/v1", "puzzle/v9"), "'puzzle/v9' is not known");
    refused(GOOD.replace("parent: parent", "parent: nowhere"), ":3:", "not a folder");
    refused(GOOD.replace("classpath:text.gz", "text.txt"), "does not exist");
    refused(GOOD.replace("batch: 32, ", ""), "batch is missing");
    refused("", "is empty");
  }

  @Test
  void yamlThatIsAnAttackOrAMistakeIsRefused() throws IOException {
    refused("a: &a [1, 2]\nb: [*a, *a]\n", "anchors and aliases");
    refused(GOOD + "seed: 4\n", "given twice");
    refused(GOOD + "bld: !!java.net.URL [x]\n", "tags");
    refused(GOOD + "corpus2: " + "[".repeat(60) + "]".repeat(60) + "\n", "deep");
    refused("a: [1,\n", "not YAML");
    refused("- a\n- b\n", "is not a section");
    refused(GOOD + "---\na: 1\n", "document");
    refused("a: '\0'", "");
    Path large = folder.resolve("large.yaml");
    Files.write(large, new byte[(int) YamlTree.MAX_BYTES + 1]);
    assertTrue(refusal(large).contains("too many"));
    assertTrue(refusal(folder.resolve("absent.yaml")).contains("no such file"));
    Path binary = folder.resolve("binary.yaml");
    Files.write(binary, new byte[] {(byte) 0xff, (byte) 0xfe, 0, 1});
    assertTrue(refusal(binary).contains("UTF-8"));
  }

  private RunFile read(String yaml) throws IOException {
    Path file = folder.resolve("puzzle.yaml");
    Files.writeString(file, yaml);
    return RunFile.read(file, Path.of("/here"), parent -> new ParentShape(4, 8, 640));
  }

  private void refused(String yaml, String... parts) {
    Path file = folder.resolve("puzzle.yaml");
    try {
      Files.writeString(file, yaml);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    String message = refusal(file);
    for (String part : parts) {
      assertTrue(message.contains(part), message + " says " + part);
    }
    assertTrue(message.contains("\nMaybe "), message);
  }

  private static String refusal(Path file) {
    return assertThrows(
            InvalidInputException.class,
            () -> RunFile.read(file, Path.of("/here"), parent -> new ParentShape(4, 8, 640)))
        .getMessage();
  }
}
