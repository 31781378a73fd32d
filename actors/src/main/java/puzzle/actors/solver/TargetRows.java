package puzzle.actors.solver;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import puzzle.engine.solve.Infeasibility;
import puzzle.engine.solve.Row;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.BlockCost;
import puzzle.model.Infeasible;
import puzzle.model.Limit;
import puzzle.model.RunSpec;
import puzzle.model.Target;
import puzzle.model.TaskResult;
import puzzle.model.Workload;

/**
 * A target's limits as the solver's rows (appendix B), and rows as limits again. Limits are on the
 * whole model; rows are on the sum over the chosen blocks, so what is fixed outside the choice is
 * subtracted, and a throughput floor becomes a ceiling on the workload's run time.
 */
final class TargetRows {

  /** One limit in the model's unit, as given or worked out from the parent's own value. */
  private record Bound(Limit limit, Workload workload, double value, String stat, Row row) {}

  private final List<TaskResult.Profiled> profiles;
  private final List<String> stats = new ArrayList<>();
  private final List<Bound> bounds = new ArrayList<>();

  /**
   * @param profiles one per goal of the target, in its order
   */
  TargetRows(RunSpec spec, int layers, List<TaskResult.Profiled> profiles) {
    this.profiles = List.copyOf(profiles);
    Architecture parent = spec.space().parent(layers);
    for (int g = 0; g < profiles.size(); g++) {
      Workload w = profiles.get(g).workload();
      stats.add(stat("memory", w));
      stats.add(stat("runtime", w));
      stats.add(stat("prefill", w));
      if (g == 0) {
        stats.add("parameters");
      }
    }
    List<Target.Goal> goals = spec.target().goals();
    for (int g = 0; g < goals.size(); g++) {
      BlockCost whole = profiles.get(g).cost(parent);
      for (Limit limit : goals.get(g).limits()) {
        bounds.add(bound(limit, profiles.get(g), whole));
      }
    }
  }

  /** Names of the costs of one block, in the order of {@link #costs}. */
  List<String> stats() {
    return stats;
  }

  List<Row> rows() {
    return bounds.stream().map(Bound::row).toList();
  }

  double[] costs(Block block) {
    double[] costs = new double[stats.size()];
    int k = 0;
    for (int g = 0; g < profiles.size(); g++) {
      TaskResult.Profiled p = profiles.get(g);
      BlockCost cost = p.cost(block.attention()).plus(p.cost(block.ffn()));
      costs[k++] = cost.memoryBytes();
      costs[k++] = cost.runtimeSeconds(p.workload());
      costs[k++] = cost.prefillSeconds();
      if (g == 0) {
        costs[k++] = cost.params();
      }
    }
    return costs;
  }

  /** The solver's reasons in the words and units of the run file. */
  Infeasible explained(Infeasibility why) {
    List<String> conflict = new ArrayList<>();
    List<Infeasible.Relaxation> relaxations = new ArrayList<>();
    for (Bound b : bounds) {
      if (why.conflict().stream().anyMatch(r -> same(r, b.row))) {
        conflict.add(describe(b));
      }
      for (Infeasibility.Relaxation r : why.relaxations()) {
        if (same(r.limit(), b.row)) {
          relaxations.add(
              new Infeasible.Relaxation(
                  name(b), b.value, modelValue(b.limit.stat(), b.workload, r.feasible())));
        }
      }
    }
    return new Infeasible(conflict, relaxations);
  }

  private static Bound bound(Limit limit, TaskResult.Profiled profile, BlockCost parent) {
    Workload w = profile.workload();
    double own =
        switch (limit.stat()) {
          case MEMORY -> parent.memoryBytes();
          case THROUGHPUT -> w.generatedTokens() / parent.runtimeSeconds(w);
          case LATENCY -> parent.runtimeSeconds(w);
          case TIME_TO_FIRST_TOKEN -> parent.prefillSeconds();
          case PARAMETERS -> parent.params();
        };
    double value = limit.timesParent() ? limit.value() * own : limit.value();
    BlockCost fixed = profile.fixed();
    return switch (limit.stat()) {
      case MEMORY -> bound(limit, w, value, stat("memory", w), value - fixed.memoryBytes());
      case THROUGHPUT ->
          bound(
              limit,
              w,
              value,
              stat("runtime", w),
              w.generatedTokens() / value - fixed.runtimeSeconds(w));
      case LATENCY -> bound(limit, w, value, stat("runtime", w), value - fixed.runtimeSeconds(w));
      case TIME_TO_FIRST_TOKEN ->
          bound(limit, w, value, stat("prefill", w), value - fixed.prefillSeconds());
      case PARAMETERS -> bound(limit, w, value, "parameters", value - fixed.params());
    };
  }

  private static Bound bound(
      Limit limit, Workload workload, double value, String stat, double upper) {
    return new Bound(limit, workload, value, stat, Row.atMost(stat, upper));
  }

  /** The whole model's value where the blocks' sum of the limit's stat is {@code sum}. */
  private double modelValue(Limit.Stat stat, Workload workload, double sum) {
    BlockCost fixed =
        profiles.stream()
            .filter(p -> p.workload().equals(workload))
            .findFirst()
            .orElseThrow()
            .fixed();
    return switch (stat) {
      case MEMORY -> sum + fixed.memoryBytes();
      case THROUGHPUT -> workload.generatedTokens() / (sum + fixed.runtimeSeconds(workload));
      case LATENCY -> sum + fixed.runtimeSeconds(workload);
      case TIME_TO_FIRST_TOKEN -> sum + fixed.prefillSeconds();
      case PARAMETERS -> sum + fixed.params();
    };
  }

  private static String name(Bound b) {
    return label(b.limit.stat()) + " (" + b.workload.name() + ")";
  }

  private static String describe(Bound b) {
    String sign = b.limit.stat().upper() ? "<=" : ">=";
    String given = b.limit.timesParent() ? " (%s x parent)".formatted(plain(b.limit.value())) : "";
    return "%s %s %s%s".formatted(name(b), sign, plain(b.value), given);
  }

  private static String label(Limit.Stat stat) {
    return stat.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  private static String plain(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : String.format(Locale.ROOT, "%.4g", value);
  }

  private static boolean same(Row a, Row b) {
    return a.stat().equals(b.stat()) && a.upper() == b.upper();
  }

  private static String stat(String kind, Workload workload) {
    return kind + " " + workload.name();
  }
}
