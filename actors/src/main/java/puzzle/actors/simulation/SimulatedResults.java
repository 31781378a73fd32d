package puzzle.actors.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.BlockCost;
import puzzle.model.CheckpointRef;
import puzzle.model.RunSpec;
import puzzle.model.Score;
import puzzle.model.Sha256;
import puzzle.model.Task;
import puzzle.model.TaskResult;
import puzzle.model.Variant;
import puzzle.model.Workload;

/**
 * Results without tensors: a function of the run's seed and the task, whoever asks and however
 * often. Smaller variants are cheaper and do more harm, with noise, so that a search over them has
 * the shape of a real one.
 */
public final class SimulatedResults {

  private SimulatedResults() {}

  /** The result of a task. */
  public static TaskResult of(RunSpec spec, Task task) {
    if (task.resultType() == TaskResult.PartMade.class) {
      return new TaskResult.PartMade(ref("parts/" + task.key()));
    }
    if (task instanceof Task.Record) {
      return new TaskResult.Recorded(ref("recording/index.json"), 1.5, 1000, 100);
    }
    if (task instanceof Task.Bld t) {
      return trained(spec, t, 0.1, t.layer() + "/" + t.variant().name());
    }
    if (task instanceof Task.BldBlock t) {
      return trained(spec, t, 0.2, t.layer() + "/" + t.block().name());
    }
    if (task instanceof Task.Profile t) {
      List<TaskResult.VariantCost> costs = new ArrayList<>();
      for (Variant v : spec.space().variants()) {
        costs.add(new TaskResult.VariantCost(v, cost(spec, v, t.workload()), 0.01));
      }
      return new TaskResult.Profiled(
          t.workload(),
          costs,
          new BlockCost(0.001, 0.0001, 400_000, 0, 100_000),
          TaskResult.MEASURED);
    }
    if (task instanceof Task.ScoreBlock t) {
      return new TaskResult.BlockScored(
          Score.measured((t.coupled() ? 0.9 : 1) * kl(spec, t.layer(), t.block()), 0.001));
    }
    if (task instanceof Task.Evaluate t) {
      double kl =
          t.child() != null ? 0.5 * total(spec, t.architecture()) : total(spec, t.architecture());
      if (t.selecting()) {
        // Blocks act on each other: the least sum is not the least whole.
        kl += 0.1 * noise(spec, t.architecture().toString());
      }
      return new TaskResult.Evaluated(1.5 + kl, kl, 1000);
    }
    if (task instanceof Task.Measure t) {
      List<BlockCost> models = new ArrayList<>();
      for (Architecture architecture : t.architectures()) {
        BlockCost sum = new BlockCost(0.001, 0.0001, 400_000, 0, 100_000);
        for (Block b : architecture.blocks()) {
          sum =
              sum.plus(cost(spec, b.attention(), t.workload()))
                  .plus(cost(spec, b.ffn(), t.workload()));
        }
        models.add(sum);
      }
      return new TaskResult.Measured(t.workload(), models, TaskResult.MEASURED);
    }
    if (task instanceof Task.GkdRound t) {
      StringBuilder from = new StringBuilder(t.key());
      t.from().forEach(state -> from.append(state.sha256()));
      return new TaskResult.ShardTrained(
          ref(from.toString()),
          0.5,
          0,
          t.shard() == 0 && spec.gkd().evaluatesBefore(t.round())
              ? List.of(new TaskResult.HeldOut(spec.gkd().stepsBefore(t.round()), 0.5))
              : List.of());
    }
    if (task instanceof Task.Gkd t) {
      StringBuilder from = new StringBuilder("child.safetensors");
      t.from().forEach(state -> from.append(state.sha256()));
      return new TaskResult.Healed(ref(from.toString()), spec.gkd().steps(), List.of());
    }
    return new TaskResult.Exported("child", List.of(ref("child/model.safetensors")));
  }

  private static TaskResult trained(RunSpec spec, Task task, double least, String place) {
    double loss = least + noise(spec, task.key());
    CheckpointRef weights = ref("library/" + place + ".safetensors");
    return new TaskResult.Trained(weights, loss, loss / 2, spec.bld().steps());
  }

  private static double total(RunSpec spec, Architecture architecture) {
    double sum = 0;
    for (int layer = 0; layer < architecture.layers(); layer++) {
      sum += kl(spec, layer, architecture.block(layer));
    }
    return sum * 1.1;
  }

  private static double kl(RunSpec spec, int layer, Block block) {
    if (block.equals(spec.space().own(layer))) {
      return 0;
    }
    double attention = harm(spec, layer, block.attention());
    double ffn = harm(spec, layer, block.ffn());
    return 0.8 * (attention + ffn) + 0.01 * noise(spec, layer + block.name());
  }

  private static double harm(RunSpec spec, int layer, Variant v) {
    if (v.equals(spec.space().own(layer).get(v.subblock()))) {
      return 0;
    }
    double base = v.isNoOp() ? 0.3 : v.sizes().isEmpty() ? 0.2 : 0.1 * (1 - share(spec, v));
    return base * (0.5 + noise(spec, layer + v.name()));
  }

  /** How large a variant that has sizes is, the parent's being 1. */
  private static double share(RunSpec spec, Variant v) {
    return (double) sum(v) / sum(spec.space().parent().get(v.subblock()));
  }

  private static int sum(Variant v) {
    return v.sizes().values().stream().mapToInt(Integer::intValue).sum();
  }

  private static BlockCost cost(RunSpec spec, Variant v, Workload w) {
    double size = v.isNoOp() ? 0 : v.sizes().isEmpty() ? 0.2 : 0.3 + share(spec, v);
    long kv = 100L * v.sizes().getOrDefault(Variant.Size.KV_HEADS, 0) * w.sequenceTokens();
    return new BlockCost(
        0.01 * size, 0.001 * size, Math.round(100_000 * size), kv, Math.round(50_000 * size));
  }

  private static double noise(RunSpec spec, String what) {
    return new SplittableRandom(spec.seed() * 31 + what.hashCode()).nextDouble();
  }

  private static CheckpointRef ref(String path) {
    return new CheckpointRef(path, path.length(), Sha256.of(path));
  }
}
