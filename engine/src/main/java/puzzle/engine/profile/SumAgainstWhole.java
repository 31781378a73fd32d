package puzzle.engine.profile;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.machine.HostMemory;
import puzzle.engine.nn.Tensors;
import puzzle.model.BlockCost;
import puzzle.model.InvalidInputException;
import puzzle.model.RunSpec;
import puzzle.model.SearchSpace;
import puzzle.model.TaskResult.Profiled;
import puzzle.model.Workload;

/**
 * Do the costs of blocks add up? The search assumes that a model takes as long as its blocks and
 * its fixed parts together (section 4.1); this measures both, in turn, round by round, and compares
 * within each round, so that a machine that drifts between rounds does not matter. The median round
 * counts.
 *
 * @param settings of each round
 */
public record SumAgainstWhole(DecoderConfig config, Workload workload, RunSpec.Profiling settings) {

  /** One round: the costs of all variants, and the whole model right after. */
  public record Round(Profiled profile, BlockCost sum, BlockCost whole) {

    public double prefillRatio() {
      return sum.prefillSeconds() / whole.prefillSeconds();
    }

    public double decodeRatio() {
      return sum.decodeSeconds() / whole.decodeSeconds();
    }

    double runtimeRatio() {
      Workload w = profile.workload();
      return sum.runtimeSeconds(w) / whole.runtimeSeconds(w);
    }
  }

  /** All rounds; each ratio is sum of blocks over whole model. */
  public record Agreement(List<Round> rounds) {
    public Agreement {
      rounds = List.copyOf(rounds);
    }

    public double prefillRatio() {
      return median(Round::prefillRatio);
    }

    public double decodeRatio() {
      return median(Round::decodeRatio);
    }

    /** The round whose ratio over the whole workload is the median. */
    public Round typical() {
      return rounds.stream()
          .sorted(Comparator.comparingDouble(Round::runtimeRatio))
          .toList()
          .get((rounds.size() - 1) / 2);
    }

    private double median(ToDoubleFunction<Round> ratio) {
      double[] sorted = rounds.stream().mapToDouble(ratio).sorted().toArray();
      int n = sorted.length;
      return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
    }
  }

  /**
   * @param threads of one operation
   * @throws InvalidInputException if this machine's memory cannot hold what has to be measured
   */
  public Agreement measure(SearchSpace space, int rounds, int threads, Monitor monitor) {
    require(space);
    Tensors.threads(threads);
    List<Round> all = new ArrayList<>();
    try (ModelSpeed speed = new ModelSpeed(config, List.of(config.architecture()), workload)) {
      for (int round = 0; round < rounds; round++) {
        Profiled profile = new LiveProfiler(config, workload, settings).profile(space, monitor);
        BlockCost whole = speed.measure(settings, monitor).get(0);
        all.add(new Round(profile, profile.cost(config.architecture()), whole));
      }
    }
    return new Agreement(all);
  }

  /** Both measurements have their memory at once. */
  private void require(SearchSpace space) {
    LiveProfiler blocks = new LiveProfiler(config, workload, settings);
    double whole = ModelSpeed.bytes(config, List.of(config.architecture()), workload);
    Workbench.require(blocks.bytes(space) + whole, HostMemory.here());
  }
}
