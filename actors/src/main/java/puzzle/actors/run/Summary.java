package puzzle.actors.run;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import puzzle.model.Baseline;
import puzzle.model.Block;
import puzzle.model.BlockCost;
import puzzle.model.Infeasible;
import puzzle.model.LayerLibrary;
import puzzle.model.Outcome;
import puzzle.model.Target;
import puzzle.model.Task;
import puzzle.model.TaskResult;
import puzzle.model.Workload;
import puzzle.persistence.RunState;

/**
 * What a run came to, in the names of the JSON that programs read. What is not known yet is null.
 *
 * @param childFolder absolute
 * @param report absolute
 * @param speedSource whether speeds were measured, and where, or come from a model of hardware
 * @param GKD on the way from the assembled to the healed child, where that was asked for
 */
public record Summary(
    String run,
    Outcome outcome,
    Model parent,
    @JsonProperty("child_before_gkd") Model childBeforeGkd,
    Model child,
    Map<String, BaselineLine> baselines,
    SolutionLine solution,
    List<CandidateLine> candidates,
    List<LimitLine> limits,
    Infeasible infeasible,
    List<LayerLibrary.Quarantined> quarantined,
    @JsonProperty("child_folder") String childFolder,
    String report,
    @JsonProperty("speed_source") String speedSource,
    List<GkdLine> gkd) {

  /**
   * One measured model.
   *
   * @param prefillTokensPerSecond of the assembled model; null if it was not measured or modelled
   * @param summedWorkloadTokensPerSecond from the sum of block costs, for comparison
   */
  public record Model(
      @JsonProperty("loss_nats_per_token") double lossNatsPerToken,
      @JsonProperty("kl_nats_per_token") double klNatsPerToken,
      long params,
      @JsonProperty("weight_bytes") long weightBytes,
      @JsonProperty("kv_bytes") long kvBytes,
      @JsonProperty("prefill_tokens_per_second") Double prefillTokensPerSecond,
      @JsonProperty("decode_tokens_per_second") Double decodeTokensPerSecond,
      @JsonProperty("workload_tokens_per_second") Double workloadTokensPerSecond,
      @JsonProperty("summed_prefill_tokens_per_second") Double summedPrefillTokensPerSecond,
      @JsonProperty("summed_decode_tokens_per_second") Double summedDecodeTokensPerSecond,
      @JsonProperty("summed_workload_tokens_per_second") Double summedWorkloadTokensPerSecond) {}

  /**
   * What another method came to.
   *
   * @param klNatsPerToken of the assembled model; null if it could not be measured
   * @param samples architectures behind the medians
   * @param feasible whether they keep the limits; greedy does not always
   */
  public record BaselineLine(
      @JsonProperty("summed_kl") double summedKl,
      @JsonProperty("kl_nats_per_token") Double klNatsPerToken,
      int samples,
      boolean feasible,
      List<String> choices) {}

  /** Held-out KL after so many steps of global distillation. */
  public record GkdLine(int steps, @JsonProperty("kl_nats_per_token") double klNatsPerToken) {}

  /**
   * The final choice with its certificate: of the candidate that was taken, among those that the
   * candidates before it are not.
   */
  public record SolutionLine(
      double objective, double bound, boolean proven, List<String> choices) {}

  /**
   * One of the solver's best architectures as a whole model, before one of them was taken.
   *
   * @param objective sum of the chosen blocks' scores
   * @param proven no other architecture but the candidates before it has a smaller sum
   * @param measured of the assembled model by the metric, on sequences kept for this choice; null
   *     where it could not be measured
   */
  public record CandidateLine(
      double objective,
      boolean proven,
      String metric,
      Double measured,
      @JsonProperty("standard_error") Double standardError,
      boolean taken,
      List<String> choices) {}

  /** One limit as asked for. */
  public record LimitLine(
      String workload, String stat, double value, @JsonProperty("times_parent") boolean times) {}

  public static Summary of(RunState state) {
    List<LimitLine> limits = new ArrayList<>();
    for (Target.Goal goal : state.spec().target().goals()) {
      goal.limits()
          .forEach(
              l ->
                  limits.add(
                      new LimitLine(
                          goal.workload().name(),
                          l.stat().name().toLowerCase(Locale.ROOT),
                          l.value(),
                          l.timesParent())));
    }
    BlockCost parentCost = state.incumbent() == null ? null : state.incumbent().parentCost();
    BlockCost childCost = state.incumbent() == null ? null : state.incumbent().cost();
    return new Summary(
        state.spec().id().value(),
        state.outcome(),
        model(state, RunPlan.PARENT, 0, parentCost),
        model(state, RunPlan.CHILD_BEFORE, 1, childCost),
        model(state, RunPlan.CHILD, 1, childCost),
        baselines(state),
        state.incumbent() == null
            ? null
            : new SolutionLine(
                state.incumbent().objective(),
                state.incumbent().bound(),
                state.incumbent().proven(),
                names(state.incumbent().architecture().blocks())),
        Candidates.lines(state),
        limits,
        state.infeasible(),
        RunPlan.quarantined(state),
        state
            .tasks()
            .result(Task.Export.KEY, TaskResult.Exported.class)
            .map(e -> Path.of(state.spec().store(), e.folder()).toString())
            .orElse(null),
        Path.of(state.spec().store(), RunFolder.REPORT).toString(),
        speedSource(state),
        state.healed() == null
            ? List.of()
            : state.healed().heldOut().stream()
                .map(h -> new GkdLine(h.steps(), h.klNatsPerToken()))
                .toList());
  }

  /** Where the speeds of whole models come from, or those of variants as long as there are none. */
  private static String speedSource(RunState state) {
    Workload workload = state.spec().target().goals().get(0).workload();
    return state
        .tasks()
        .result(Task.Measure.key(workload), TaskResult.Measured.class)
        .map(TaskResult.Measured::source)
        .or(() -> state.profile(workload).map(TaskResult.Profiled::source))
        .orElse(null);
  }

  /** Lines for the child's model card, as {@code name: text}. */
  public List<String> modelCard() {
    List<String> lines = new ArrayList<>();
    lines.add("run: " + run);
    addTo(lines, "parent", parent);
    addTo(lines, "child before GKD", childBeforeGkd);
    addTo(lines, "child", child);
    if (speedSource != null) {
      lines.add("speeds: " + speedSource);
    }
    if (solution != null) {
      lines.add(
          "solution: objective %.6g, bound %.6g, %s"
              .formatted(
                  solution.objective(),
                  solution.bound(),
                  solution.proven() ? "proven optimal" : "not proven optimal"));
    }
    return lines;
  }

  private static void addTo(List<String> lines, String name, Model m) {
    if (m != null) {
      lines.add(
          "%s: loss %.4f nats/token, KL to the parent %.4f nats/token, %d parameters"
              .formatted(name, m.lossNatsPerToken(), m.klNatsPerToken(), m.params()));
    }
  }

  /**
   * @param place of the model in the task that measured speeds
   */
  private static Model model(RunState state, String label, int place, BlockCost summed) {
    Workload w = state.spec().target().goals().get(0).workload();
    Optional<BlockCost> measured =
        state
            .tasks()
            .result(Task.Measure.key(w), TaskResult.Measured.class)
            .map(m -> m.models().get(place));
    // After a new target or a retry there is an evaluation before there is a choice again.
    return evaluated(state, label)
        .filter(e -> summed != null)
        .map(
            e ->
                new Model(
                    e.lossNatsPerToken(),
                    e.klNatsPerToken(),
                    e.params(),
                    summed.weightBytes(),
                    summed.kvBytes(),
                    measured.map(m -> prefill(m, w)).orElse(null),
                    measured.map(m -> w.batch() / m.decodeSeconds()).orElse(null),
                    measured.map(m -> w.generatedTokens() / m.runtimeSeconds(w)).orElse(null),
                    prefill(summed, w),
                    w.batch() / summed.decodeSeconds(),
                    w.generatedTokens() / summed.runtimeSeconds(w)))
        .orElse(null);
  }

  private static double prefill(BlockCost cost, Workload w) {
    return (double) w.batch() * w.prefillTokens() / cost.prefillSeconds();
  }

  private static Optional<TaskResult.Evaluated> evaluated(RunState state, String label) {
    return state.tasks().result(Task.Evaluate.key(label), TaskResult.Evaluated.class);
  }

  private static Map<String, BaselineLine> baselines(RunState state) {
    Map<String, List<Baseline>> byMethod = new LinkedHashMap<>();
    for (Baseline b : state.baselines()) {
      byMethod.computeIfAbsent(b.method(), m -> new ArrayList<>()).add(b);
    }
    Map<String, BaselineLine> lines = new LinkedHashMap<>();
    byMethod.forEach(
        (method, samples) -> {
          List<Double> real =
              samples.stream()
                  .flatMap(b -> evaluated(state, b.label()).stream())
                  .map(TaskResult.Evaluated::klNatsPerToken)
                  .sorted()
                  .toList();
          Baseline middle =
              samples.stream()
                  .sorted(Comparator.comparingDouble(Baseline::summedKl))
                  .toList()
                  .get((samples.size() - 1) / 2);
          lines.put(
              method,
              new BaselineLine(
                  median(samples.stream().map(Baseline::summedKl).sorted().toList()),
                  real.isEmpty() ? null : median(real),
                  samples.size(),
                  samples.stream().allMatch(Baseline::feasible),
                  names(middle.architecture().blocks())));
        });
    return lines;
  }

  private static double median(List<Double> sorted) {
    int n = sorted.size();
    return n % 2 == 1 ? sorted.get(n / 2) : (sorted.get(n / 2 - 1) + sorted.get(n / 2)) / 2;
  }

  static List<String> names(List<Block> blocks) {
    return blocks.stream().map(Block::name).toList();
  }
}
