package puzzle.actors.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import puzzle.actors.edge.LimitsBody;
import puzzle.actors.edge.Refusal;
import puzzle.actors.feed.FactJson;
import puzzle.actors.feed.RunSnapshot;
import puzzle.actors.run.RunPlan;
import puzzle.actors.solver.WhatIf;
import puzzle.model.Block;
import puzzle.model.Incumbent;
import puzzle.model.RunSpec;
import puzzle.model.ScoredBlock;
import puzzle.model.Target;
import puzzle.model.Task;
import puzzle.model.TaskResult;

/** What-ifs and Pareto fronts of runs, a few at a time, each within its time. */
final class WhatIfs {

  /** Callers that wait; more are sent away. */
  private static final int WAITING = 8;

  private static final int FRONTS = 16;

  private final Executor thread;
  private final Duration limit;
  private final Semaphore places = new Semaphore(WAITING);
  private final Map<String, JsonNode> fronts =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, JsonNode> eldest) {
          return size() > FRONTS;
        }
      };

  WhatIfs(Executor thread, Duration limit) {
    this.thread = thread;
    this.limit = limit;
  }

  /** The best architecture under the limits of the request. */
  CompletionStage<JsonNode> solve(RunSnapshot run, JsonNode body) {
    RunSpec spec = run.state().spec();
    Target target = LimitsBody.read(body, spec.target());
    return later(
        () -> {
          WhatIf.Answer answer = whatIf(run, target).solve(limit);
          ObjectNode json = FactJson.MAPPER.createObjectNode();
          json.put("position", run.position().toString());
          json.put("feasible", answer.incumbent() != null);
          if (answer.incumbent() != null) {
            json.set("architecture", point(spec, answer.incumbent()));
          } else if (answer.infeasible() != null) {
            json.set("infeasible", FactJson.MAPPER.valueToTree(answer.infeasible()));
          } else {
            json.put("timed_out", true);
          }
          return json;
        });
  }

  /** The front from the present table; computed again only when the table changes. */
  CompletionStage<JsonNode> front(RunSnapshot run, int points) {
    long scored = run.tasks().stream().filter(t -> t.result() != null).count();
    String key =
        String.join(
            " ",
            run.state().spec().id().value(),
            points + " " + scored + " " + run.state().costs().size(),
            run.state().spec().target().toString());
    synchronized (fronts) {
      JsonNode known = fronts.get(key);
      if (known != null) {
        return CompletableFuture.completedStage(known);
      }
    }
    RunSpec spec = run.state().spec();
    return later(
        () -> {
          ObjectNode json = FactJson.MAPPER.createObjectNode();
          json.put("position", run.position().toString());
          ArrayNode list = json.putArray("front");
          whatIf(run, spec.target())
              .front(points, limit.multipliedBy(3))
              .forEach(i -> list.add(point(spec, i)));
          synchronized (fronts) {
            fronts.put(key, json);
          }
          return json;
        });
  }

  private CompletionStage<JsonNode> later(Supplier<JsonNode> work) {
    if (!places.tryAcquire()) {
      throw Refusal.of(503, "too many what-ifs at one time", "Maybe ask again in a moment.");
    }
    return CompletableFuture.supplyAsync(work, thread)
        .whenComplete((answer, failure) -> places.release());
  }

  private static WhatIf whatIf(RunSnapshot run, Target target) {
    RunSpec s = run.state().spec();
    List<TaskResult.Profiled> profiles =
        new RunPlan(run.state())
            .profiles()
            .orElseThrow(
                () ->
                    Refusal.of(
                        409,
                        "the costs of this run are not known yet",
                        "Maybe ask again once the phase 'profile' is over."));
    Map<Integer, List<ScoredBlock>> measured = new TreeMap<>();
    Map<String, TaskResult> results = new HashMap<>();
    run.tasks().forEach(task -> results.put(task.key(), task.result()));
    for (int layer = 0; layer < run.state().layers(); layer++) {
      List<ScoredBlock> scores = new ArrayList<>();
      for (Block block : s.space().blocks()) {
        for (boolean coupled : new boolean[] {false, true}) {
          if (results.get(Task.ScoreBlock.key(layer, block, coupled))
              instanceof TaskResult.BlockScored scored) {
            scores.add(new ScoredBlock(block, scored.score(), coupled));
          }
        }
      }
      measured.put(layer, scores);
    }
    return new WhatIf(s.with(d -> d.target = target), run.state().layers(), profiles, measured);
  }

  private static ObjectNode point(RunSpec spec, Incumbent i) {
    var workload = spec.target().goals().get(0).workload();
    ObjectNode json = FactJson.MAPPER.valueToTree(i);
    json.put("throughput", workload.generatedTokens() / i.cost().runtimeSeconds(workload));
    json.put("memory_bytes", i.cost().memoryBytes());
    return json;
  }
}
