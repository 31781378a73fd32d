package puzzle.actors.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import puzzle.actors.cli.console.ExitCode;
import puzzle.engine.huggingface.SmallParent;
import puzzle.model.Block;
import puzzle.model.Sha256;
import puzzle.model.Subblock;

/**
 * The command line as a process of its own, on a small random parent, killed without warning at a
 * random moment of each phase and started again: the result is that of the run nobody disturbed,
 * and what was finished is not done again. The limits are on parameters and memory alone, which do
 * not depend on the clock.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KillIT {

  private static final long TIME_LIMIT_SECONDS = 120;

  private Path folder;
  private Result undisturbed;

  /**
   * @param variants SHA-256 of each file of the library
   * @param weights SHA-256 of the child's
   */
  private record Result(
      JsonNode summary,
      String library,
      String scores,
      Map<String, String> variants,
      String weights) {}

  @BeforeAll
  void runWithoutDisturbance(@TempDir Path temporary) throws Exception {
    folder = temporary;
    SmallParent.write(folder.resolve("parent"), SmallParent.config());
    SmallParent.writeText(
        folder.resolve("corpus.lines.txt"),
        "the parent teaches a child what it knows of every layer",
        600);
    Process process = start("undisturbed", 2);
    finish(process, "undisturbed");
    undisturbed = read("undisturbed");
    assertTrue(undisturbed.summary().path("solution").path("proven").asBoolean());
    String chosen = undisturbed.summary().at("/solution/choices").toString();
    assertTrue(chosen.contains("ffn-48-rank-8"), chosen);
    // Training helps, and the choice is the best: not a run of zeros.
    assertTrue(
        undisturbed.summary().path("child_before_gkd").path("kl_nats_per_token").asDouble() > 0);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void anyNumberOfDevicesGivesWhatTwoGive(int devices) throws Exception {
    String name = "devices-" + devices;
    finish(start(name, devices), name);
    assertSame(read(name));
  }

  /** Its layers differ in heads, widths and kinds; each keeps its own or gets something smaller. */
  @Test
  void theChildIsTheParentOfAnotherRun() throws Exception {
    Path yaml = folder.resolve("grandchild.yaml");
    Files.writeString(
        yaml,
        RUN_FILE
            .formatted("grandchild")
            .replace("parent: parent", "parent: runs/undisturbed/child")
            .replaceAll("space:\\n(  .*\\n)+?bld", "bld")
            .replace("0.7 x parent", "0.8 x parent"));
    Said valid = command("validate", yaml.toString());
    assertEquals(0, valid.exit(), valid.err());
    Said plan = command("plan", yaml.toString(), "--output", "json");
    assertEquals(0, plan.exit(), plan.err());
    Said run = command("run", yaml.toString(), "--output", "json");
    assertEquals(0, run.exit(), run.err());
    assertEquals(0, command("verify", "runs/grandchild/child").exit());
    Said exported = command("export", "runs/grandchild", "--format", "anymodel");
    assertEquals(0, exported.exit(), exported.err());
    assertEquals(0, command("verify", "runs/grandchild/child-anymodel").exit());

    JsonNode before = undisturbed.summary();
    JsonNode after =
        new ObjectMapper().readTree(folder.resolve("runs/grandchild/report.json").toFile());
    long params = after.at("/parent/params").asLong();
    assertEquals(before.at("/child/params").asLong(), params);
    assertTrue(after.at("/child/params").asLong() <= 0.8 * params, after.at("/child").toString());
    assertTrue(after.at("/solution/proven").asBoolean(), after.at("/solution").toString());
    JsonNode own = before.at("/solution/choices");
    JsonNode chosen = after.at("/solution/choices");
    for (int layer = 0; layer < own.size(); layer++) {
      Block parent = Block.parse(own.get(layer).asText());
      Block child = Block.parse(chosen.get(layer).asText());
      for (Subblock subblock : Subblock.values()) {
        assertTrue(child.get(subblock).replaces(parent.get(subblock)), child + " of " + parent);
      }
    }
    long tasks = new ObjectMapper().readTree(plan.out()).at("/phases/2/tasks").asLong();
    long trained =
        libraryFiles("grandchild").stream()
            .filter(file -> !file.getFileName().toString().contains("+"))
            .count();
    assertEquals(tasks, trained, "planned, and trained one by one");
  }

  @Test
  void theChildIsVerifiedMeasuredAndWrittenInTheOtherFormat() throws Exception {
    Path store = folder.resolve("runs/undisturbed");
    Path child = store.resolve("child");
    Path parent = folder.resolve("parent");
    Path text = folder.resolve("text.txt");
    Files.writeString(text, "the parent teaches a child what it knows\n".repeat(4));
    assertEquals(0, command("verify", child.toString()).exit());

    Said exported = command("export", store.toString(), "--format", "anymodel");
    assertEquals(0, exported.exit(), exported.err());
    Path other = store.resolve("child-anymodel");
    assertEquals(0, command("verify", other.toString()).exit());

    List<JsonNode> measured = new ArrayList<>();
    for (Path of : List.of(child, other, parent)) {
      Said said =
          command(
              "eval",
              of.toString(),
              "--text",
              text.toString(),
              "--parent",
              parent.toString(),
              "--length",
              "24",
              "--output",
              "json");
      assertEquals(0, said.exit(), said.err());
      measured.add(new ObjectMapper().readTree(said.out()));
    }
    List<String> keys = new ArrayList<>();
    measured.get(0).fieldNames().forEachRemaining(keys::add);
    assertEquals(
        List.of(
            "tokens",
            "documents",
            "loss_nats_per_token",
            "top1_accuracy",
            "kl_nats_per_token",
            "top1_agreement"),
        keys);
    assertEquals(measured.get(0), measured.get(1), "both formats hold the same model");
    assertEquals(Files.size(text) - 1, measured.get(0).path("tokens").asLong());
    assertTrue(measured.get(0).path("kl_nats_per_token").asDouble() > 1e-3);
    assertEquals(0, measured.get(2).path("kl_nats_per_token").asDouble(), 1e-9);

    Path weights = other.resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    bytes[bytes.length / 2] ^= 1;
    Files.write(weights, bytes);
    Said damaged = command("verify", other.toString());
    assertEquals(ExitCode.VERIFICATION_FAILED, damaged.exit());
    assertTrue(damaged.err().contains("model.safetensors is not what SHA256SUMS says"));
    Said none = command("eval", folder.toString(), "--text", text.toString());
    assertEquals(ExitCode.INVALID_INPUT, none.exit(), none.err());
    Said early = command("export", folder.toString());
    assertEquals(ExitCode.INVALID_INPUT, early.exit(), early.err());
  }

  private record Said(int exit, String out, String err) {}

  private Said command(String... arguments) throws Exception {
    List<String> line =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-Djava.util.concurrent.ForkJoinPool.common.parallelism=2",
                "-Dai.djl.offline=true",
                "-cp",
                productClassPath(),
                "puzzle.actors.cli.PuzzleCli"));
    line.addAll(List.of(arguments));
    Path err = folder.resolve("command.err");
    Process process =
        new ProcessBuilder(line).directory(folder.toFile()).redirectError(err.toFile()).start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor(TIME_LIMIT_SECONDS, TimeUnit.SECONDS), line + " hangs");
    return new Said(process.exitValue(), out, Files.readString(err));
  }

  @ParameterizedTest
  @ValueSource(strings = {"record", "profile", "library", "score", "evaluate", "gkd", "export"})
  void goesOnAfterAKillIn(String phase) throws Exception {
    long seed = System.nanoTime();
    System.out.println("killed in " + phase + ", seed " + seed);
    Process process = start(phase, 2);
    boolean seen = killIn(process, phase, new Random(seed));
    List<Path> before = libraryFiles(phase);
    List<Object> times = new ArrayList<>();
    for (Path file : before) {
      times.add(Files.getLastModifiedTime(file));
    }
    finish(start(phase, 2), phase);
    assertSame(read(phase));
    int redone = 0;
    for (int i = 0; i < before.size(); i++) {
      redone += Files.getLastModifiedTime(before.get(i)).equals(times.get(i)) ? 0 : 1;
    }
    // A file may be on disk with its event not yet in the journal, one per device.
    assertTrue(redone <= 2, redone + " of " + before.size() + " finished variants trained again");
    assertTrue(seen || !phase.equals("library"), "the library takes long enough to be seen");
  }

  private void assertSame(Result actual) {
    assertEquals(undisturbed.library(), actual.library());
    assertEquals(undisturbed.scores(), actual.scores());
    assertTrue(undisturbed.variants().size() > SmallParent.LAYERS);
    assertEquals(undisturbed.variants(), actual.variants(), "trained variants, to the bit");
    for (String field : List.of("solution", "child_before_gkd", "child", "parent")) {
      for (String part : List.of("choices", "objective", "kl_nats_per_token", "params")) {
        assertEquals(
            undisturbed.summary().path(field).path(part),
            actual.summary().path(field).path(part),
            field + "." + part);
      }
    }
    for (String list : List.of("baselines", "candidates")) {
      assertEquals(undisturbed.summary().path(list), actual.summary().path(list), list);
    }
    assertEquals(4, undisturbed.summary().path("gkd").size());
    assertEquals(undisturbed.summary().path("gkd"), actual.summary().path("gkd"));
    assertEquals(undisturbed.weights(), actual.weights(), "the child's weights, to the bit");
  }

  private Process start(String name, int devices) throws IOException {
    Path yaml = folder.resolve(name + ".yaml");
    Files.writeString(yaml, RUN_FILE.formatted(name));
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx512m",
            "-Djava.util.concurrent.ForkJoinPool.common.parallelism=2",
            "-Dai.djl.offline=true",
            "-cp",
            productClassPath(),
            "puzzle.actors.cli.PuzzleCli",
            "run",
            yaml.toString(),
            "--output",
            "json",
            "--devices",
            Integer.toString(devices))
        .directory(folder.toFile())
        .redirectOutput(folder.resolve(name + ".out").toFile())
        .start();
  }

  /** Without the tests' own classes, a fake engine among them. */
  private static String productClassPath() {
    return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(entry -> !entry.contains("test-classes"))
        .collect(Collectors.joining(File.pathSeparator));
  }

  private void finish(Process process, String name) throws Exception {
    StringBuilder said = new StringBuilder();
    try (BufferedReader lines = process.errorReader(StandardCharsets.UTF_8)) {
      lines.lines().forEach(line -> said.append(line).append('\n'));
    }
    assertTrue(process.waitFor(TIME_LIMIT_SECONDS, TimeUnit.SECONDS), name + " hangs:\n" + said);
    assertEquals(0, process.exitValue(), name + ":\n" + said);
  }

  /** Kills the process a moment after it says that the phase began; false if it ended before. */
  private static boolean killIn(Process process, String phase, Random random) throws Exception {
    try (BufferedReader lines = process.errorReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.contains("] " + phase)) {
          process.waitFor(random.nextInt(400), TimeUnit.MILLISECONDS);
          break;
        }
      }
    }
    boolean alive = process.isAlive();
    process.destroyForcibly().waitFor();
    return alive;
  }

  private Result read(String name) throws IOException {
    Path store = folder.resolve("runs").resolve(name);
    Map<String, String> variants = new TreeMap<>();
    for (Path file : libraryFiles(name)) {
      variants.put(store.relativize(file).toString(), Sha256.of(file));
    }
    return new Result(
        new ObjectMapper().readTree(store.resolve("report.json").toFile()),
        Files.readString(store.resolve("library.csv")),
        Files.readString(store.resolve("scores.csv")),
        variants,
        Sha256.of(store.resolve("child/model.safetensors")));
  }

  private List<Path> libraryFiles(String name) throws IOException {
    Path library = folder.resolve("runs").resolve(name).resolve("library");
    if (!Files.exists(library)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(library)) {
      return files
          .filter(f -> f.toString().endsWith(".safetensors"))
          .filter(f -> !f.getFileName().toString().startsWith("."))
          .toList();
    }
  }

  private static final String RUN_FILE =
      """
      apiVersion: puzzle/v1
      name: %1$s
      parent: parent
      store: runs/%1$s
      seed: 3
      corpus: {source: corpus.lines.txt, validationShare: 0.2, sequenceTokens: 24}
      space:
        attention: [kv-4, kv-2, kv-1, attention-linear, attention-no-op]
        ffn: [ffn-48, ffn-36, ffn-24, ffn-10, ffn-5, ffn-48-rank-8, ffn-linear, ffn-no-op]
        layers: {0-1: {ffn: [ffn-48-rank-8]}}
      bld: {sequences: 48, batch: 8, steps: 20, warmupSteps: 2, learningRate: 0.003}
      scoring: {sequences: 8, evaluationSequences: 8, batch: 8}
      profiling: {warmups: 0, repetitions: 3}
      target:
        hardware: local
        workload: {batch: 4, prefill: 16, generate: 4}
        limits: {memory: 0.7 x parent, parameters: 0.7 x parent}
      gkd: {batch: 8, steps: 60, warmupSteps: 2, learningRate: 0.002, checkpointSteps: 10,
            shards: 2, microBatch: 3, evaluateSteps: 20}
      """;
}
