package puzzle.actors.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The command as a process of its own, killed without warning. */
@Timeout(300)
class RunCommandIT {

  private static final String FILE =
      """
      apiVersion: puzzle/v1
      name: killed
      parent: parent
      store: %s
      corpus: {source: classpath:text}
      space:
        attention: [kv-8, kv-2, attention-no-op]
        ffn: [ffn-640, ffn-160, ffn-no-op]
      target:
        workload: {batch: 4, prefill: 64, generate: 16}
        limits: {throughput: 1.5 x parent}
      """;

  @TempDir Path folder;

  @BeforeEach
  void parent() throws IOException {
    Files.createDirectories(folder.resolve("parent"));
  }

  @Test
  void aRunThatWasKilledGoesOnAndEndsLikeAnUndisturbedOne() throws Exception {
    Path calm = file("calm");
    assertEquals(0, run(calm, 0, null).code());
    Path killed = file("killed");
    run(killed, 300, "library");
    Result last = run(killed, 0, null);
    assertEquals(0, last.code(), last.err()::toString);
    assertTrue(last.err().stream().anyMatch(l -> l.contains("going on with killed")));
    JsonNode expected = report("calm");
    JsonNode printed = new ObjectMapper().readTree(last.out());
    for (String part : List.of("solution", "parent", "child_before_gkd", "child", "baselines")) {
      assertEquals(expected.path(part), printed.path(part), part);
    }
    assertTrue(printed.path("seconds").asDouble() > 0);
    assertTrue(printed.path("peak_memory_bytes").asLong() > 0);
    assertEquals(
        Files.readString(folder.resolve("calm/scores.csv")),
        Files.readString(folder.resolve("killed/scores.csv")));
  }

  private Path file(String store) throws IOException {
    Path file = folder.resolve(store + ".yaml");
    Files.writeString(file, FILE.formatted(folder.resolve(store)));
    return file;
  }

  private JsonNode report(String store) throws IOException {
    return new ObjectMapper().readTree(folder.resolve(store + "/report.json").toFile());
  }

  private record Result(int code, String out, List<String> err) {}

  /** Runs the command; kills it as soon as a line of its progress contains {@code until}. */
  private Result run(Path file, int taskMillis, String until) throws Exception {
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    Path out = Files.createTempFile(folder, "out", ".json");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Djava.util.concurrent.ForkJoinPool.common.parallelism=2",
                "-XX:TieredStopAtLevel=1",
                "-Dfake.millis=" + taskMillis,
                "-cp",
                classPath,
                "puzzle.actors.cli.PuzzleCli",
                "run",
                file.toString(),
                "--output",
                "json")
            .redirectOutput(out.toFile())
            .start();
    List<String> err = new ArrayList<>();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        err.add(line);
        if (until != null && line.contains(until)) {
          process.toHandle().destroyForcibly();
        }
      }
    } finally {
      process.destroyForcibly();
    }
    assertTrue(process.waitFor(30, TimeUnit.SECONDS));
    return new Result(process.exitValue(), Files.readString(out), err);
  }
}
