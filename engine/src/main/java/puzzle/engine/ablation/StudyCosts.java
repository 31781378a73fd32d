package puzzle.engine.ablation;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import puzzle.engine.files.AtomicFile;
import puzzle.engine.json.JsonValue;
import puzzle.engine.solve.Row;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.BlockCost;
import puzzle.model.InvalidInputException;
import puzzle.model.Limit;
import puzzle.model.RunSpec;
import puzzle.model.SearchSpace;
import puzzle.model.Target;
import puzzle.model.TaskResult.Profiled;

/**
 * One cost table for a whole study, measured once and kept beside its results: no order of two
 * cells hangs on the noise of a clock. With the same table and seeds a study gives the same numbers
 * again.
 */
final class StudyCosts {

  static final List<String> STATS = List.of("runtime", "memory", "prefill", "parameters");

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Profiled table;
  private final Target.Goal goal;
  private final BlockCost parent;

  StudyCosts(Profiled table, Target.Goal goal, Architecture parent) {
    this.table = table;
    this.goal = goal;
    this.parent = table.cost(parent);
  }

  /** The table in {@code file}, or a measured one, written there. */
  static StudyCosts at(
      Path file, RunSpec run, SearchSpace space, int layers, Supplier<Profiled> measure) {
    Profiled table;
    if (Files.exists(file)) {
      table = JsonValue.readTable(file).as(Profiled.class);
      for (var variant : space.variants()) {
        if (table.variants().stream().noneMatch(v -> v.variant().equals(variant))) {
          throw new InvalidInputException(
              "%s: no cost of %s.\nMaybe the file is of another model or scale; leave it out and costs are measured."
                  .formatted(file, variant));
        }
      }
    } else {
      table = measure.get();
      AtomicFile.write(
          file, out -> out.write(JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(table)));
    }
    return new StudyCosts(
        table, run.target().goals().get(0), Architecture.uniform(space.parent(), layers));
  }

  /** One value per stat, seconds, bytes and parameters. */
  double[] costs(Block block) {
    BlockCost cost = table.cost(block.attention()).plus(table.cost(block.ffn()));
    return values(cost);
  }

  private double[] values(BlockCost cost) {
    return new double[] {
      cost.runtimeSeconds(table.workload()),
      cost.memoryBytes(),
      cost.prefillSeconds(),
      cost.params()
    };
  }

  /**
   * The run file's limits, with another throughput.
   *
   * @param throughput in multiples of the parent's
   */
  List<Row> rows(double throughput) {
    double[] fixed = values(table.fixed());
    double[] own = values(parent);
    List<Row> rows = new ArrayList<>();
    rows.add(Row.atMost("runtime", own[0] / throughput - fixed[0]));
    for (Limit limit : goal.limits()) {
      int stat =
          switch (limit.stat()) {
            case THROUGHPUT, LATENCY -> -1;
            case MEMORY -> 1;
            case TIME_TO_FIRST_TOKEN -> 2;
            case PARAMETERS -> 3;
          };
      if (stat > 0) {
        double value = limit.timesParent() ? limit.value() * own[stat] : limit.value();
        rows.add(Row.atMost(STATS.get(stat), value - fixed[stat]));
      }
    }
    return rows;
  }

  /** How many times as fast as the parent, by sums of costs. */
  double throughput(Architecture architecture) {
    return parent.runtimeSeconds(table.workload())
        / table.cost(architecture).runtimeSeconds(table.workload());
  }

  static InvalidInputException infeasible(double throughput) {
    return new InvalidInputException(
        "no architecture has %s times the parent's throughput within the run file's other limits.\nMaybe loosen them, or use a parent with more layers."
            .formatted(throughput));
  }

  String source() {
    return table.source();
  }
}
