package puzzle.actors.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import puzzle.actors.solver.WhatIf;
import puzzle.model.Baseline;
import puzzle.model.BlockCost;
import puzzle.model.CheckpointRef;
import puzzle.model.CostDelivery;
import puzzle.model.Incumbent;
import puzzle.model.LayerLibrary;
import puzzle.model.ScoredBlock;
import puzzle.model.Target;
import puzzle.model.Task;
import puzzle.model.TaskResult;
import puzzle.model.Workload;
import puzzle.persistence.RunState;

/**
 * What a run leaves in its folder for people and programs: tables, solutions, the report. Each file
 * is written under another name, then moved into place: none is ever seen half-written.
 */
public final class RunFolder {

  public static final String REPORT = "report.html";
  public static final String SUMMARY = "report.json";

  /** Points of the Pareto front, and how long each may be searched for. */
  private static final int FRONT = 10;

  private static final Duration FRONT_LIMIT = Duration.ofSeconds(2);

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private RunFolder() {}

  /** Writes all that can be written about the run. */
  public static void write(RunState state) {
    Path folder = Path.of(state.spec().store());
    put(folder.resolve("scores.csv"), ScoreLines.csv(state));
    put(folder.resolve("library.csv"), library(state));
    put(folder.resolve("profile.csv"), profile(state));
    List<Incumbent> front = front(state);
    put(folder.resolve("pareto.csv"), pareto(state, front));
    Summary summary = Summary.of(state);
    if (summary.solution() != null) {
      put(folder.resolve("solutions/final.json"), json(summary.solution()));
      for (int i = 0; i < summary.candidates().size(); i++) {
        String name = "solutions/" + Candidates.label(i) + ".json";
        put(folder.resolve(name), json(summary.candidates().get(i)));
      }
      for (Baseline b : state.baselines()) {
        put(folder.resolve("solutions/" + b.label() + ".json"), json(solution(state, b)));
      }
    }
    put(folder.resolve(REPORT), RunPage.html(state, summary, front));
    put(folder.resolve(SUMMARY), json(summary));
  }

  /** The best architectures at several speeds, once the library is complete. */
  private static List<Incumbent> front(RunState state) {
    Optional<List<TaskResult.Profiled>> profiles = new RunPlan(state).profiles();
    if (!state.libraryComplete() || profiles.isEmpty()) {
      return List.of();
    }
    Map<Integer, List<ScoredBlock>> scores = new HashMap<>();
    state.libraries().forEach((layer, library) -> scores.put(layer, library.scores()));
    return new WhatIf(state.spec(), state.layers(), profiles.get(), scores)
        .front(FRONT, FRONT_LIMIT);
  }

  private static String pareto(RunState state, List<Incumbent> front) {
    Workload w = state.spec().target().goals().get(0).workload();
    StringBuilder csv =
        new StringBuilder("tokens_per_second,memory_bytes,score,bound,proven,architecture\n");
    for (Incumbent i : front) {
      double speed = w.generatedTokens() / i.cost().runtimeSeconds(w);
      String names = String.join(" ", Summary.names(i.architecture().blocks()));
      csv.append(row(speed, i.cost().memoryBytes(), i.objective(), i.bound(), i.proven(), names));
    }
    return csv.toString();
  }

  /** Writes a file so that it is complete or absent; makes its folder. */
  public static void put(Path file, String text) {
    try {
      Files.createDirectories(file.getParent());
      Path part = file.resolveSibling(file.getFileName() + ".part");
      Files.writeString(part, text);
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(file + ": " + e.getMessage(), e);
    }
  }

  public static String json(Object value) {
    try {
      return JSON.writeValueAsString(value) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Map<String, Object> solution(RunState state, Baseline b) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("method", b.method());
    map.put("summed_kl", b.summedKl());
    map.put(
        "kl_nats_per_token",
        state
            .tasks()
            .result(Task.Evaluate.key(b.label()), TaskResult.Evaluated.class)
            .map(TaskResult.Evaluated::klNatsPerToken)
            .orElse(null));
    map.put("choices", b.architecture().blocks().stream().map(Object::toString).toList());
    return map;
  }

  private static String library(RunState state) {
    StringBuilder csv =
        new StringBuilder("layer,variant,beginning,loss_before,loss_after,file,sha256\n");
    for (LayerLibrary layer : inOrder(state)) {
      for (LayerLibrary.Entry e : layer.entries()) {
        line(csv, layer, e.variant(), e.beginning(), e.lossBefore(), e.lossAfter(), e.weights());
      }
      for (LayerLibrary.Pair p : layer.pairs()) {
        line(csv, layer, p.block(), null, p.lossBefore(), p.lossAfter(), p.weights());
      }
    }
    return csv.toString();
  }

  private static String profile(RunState state) {
    StringBuilder csv =
        new StringBuilder(
            "workload,variant,prefill_seconds,decode_seconds,weight_bytes,kv_bytes,params,"
                + "relative_spread,source\n");
    for (Target.Goal goal : state.spec().target().goals()) {
      String workload = goal.workload().name();
      Optional<TaskResult.Profiled> own =
          state.tasks().result(Task.Profile.key(goal.workload()), TaskResult.Profiled.class);
      if (own.isEmpty()) {
        continue;
      }
      Map<String, String> sources = new HashMap<>();
      for (CostDelivery d : state.costs()) {
        if (d.workload().equals(workload)) {
          sources.put(d.part(), d.origin());
        }
      }
      TaskResult.Profiled p = own.get().with(state.costs());
      String source = own.get().source();
      String fixed = CostDelivery.FIXED;
      csv.append(costs(workload, fixed, p.fixed(), 0, sources.getOrDefault(fixed, source)));
      for (TaskResult.VariantCost v : p.variants()) {
        String name = v.variant().name();
        String origin = sources.getOrDefault(name, source);
        csv.append(costs(workload, name, v.cost(), v.relativeSpread(), origin));
      }
    }
    return csv.toString();
  }

  private static void line(
      StringBuilder csv,
      LayerLibrary layer,
      Object part,
      Object beginning,
      double before,
      double after,
      CheckpointRef file) {
    csv.append(row(layer.layer(), part, beginning, before, after, file.path(), file.sha256()));
  }

  private static String costs(
      String workload, String variant, BlockCost c, double spread, String source) {
    return row(
        workload,
        variant,
        c.prefillSeconds(),
        c.decodeSeconds(),
        c.weightBytes(),
        c.kvBytes(),
        c.params(),
        spread,
        '"' + source.replace("\"", "\"\"") + '"');
  }

  /** One line of a CSV file; nothing for null. */
  static String row(Object... cells) {
    return Arrays.stream(cells)
        .map(cell -> Objects.toString(cell, ""))
        .collect(Collectors.joining(",", "", "\n"));
  }

  private static Iterable<LayerLibrary> inOrder(RunState state) {
    return state.libraries().values().stream()
        .sorted(Comparator.comparingInt(LayerLibrary::layer))
        .toList();
  }
}
