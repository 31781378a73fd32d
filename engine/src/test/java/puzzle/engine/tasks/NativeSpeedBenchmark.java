package puzzle.engine.tasks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.TaskFailedException;
import puzzle.engine.bld.BlockDistillation;
import puzzle.engine.data.EpochOrder;
import puzzle.engine.data.Sequences;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.gkd.GlobalDistillation;
import puzzle.engine.gkd.TrainedChild;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.NativeSteps;
import puzzle.engine.nn.Tensors;
import puzzle.engine.recording.Recording;
import puzzle.engine.recording.Recording.Split;
import puzzle.engine.safetensors.SafetensorsFolder;
import puzzle.engine.score.AssembledWeights;
import puzzle.engine.store.Store;
import puzzle.engine.surgery.Initialisation;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.CheckpointRef;
import puzzle.model.RunSpec;
import puzzle.model.Subblock;
import puzzle.model.Task;
import puzzle.model.TaskResult;
import puzzle.model.Variant;

/**
 * What the engine's own steps take, against the same computation by the same libtorch without Java:
 * as one TorchScript function, and in Python's torch where it is at hand. All in turn, step by
 * step, on one thread; medians count. The engine's times are those between two reports of progress
 * of the real task, so reading the tape and everything else is in them.
 */
class NativeSpeedBenchmark {

  private static final double LIMIT = 1.1;
  private static final int ROUNDS = Integer.getInteger("rounds", 15);

  @TempDir Path folder;

  private final Map<String, NDArray> arrays = new LinkedHashMap<>();

  @ParameterizedTest
  @ValueSource(ints = {256, 768})
  void takesAtMostATenthMoreThanNativeCode(int hidden) throws Exception {
    RunSpec spec = spec(hidden);
    Variant kv =
        Variant.attention(spec.space().parent().attention().size(Variant.Size.KV_HEADS) / 2);
    Variant ffn = Variant.ffn(spec.space().parent().ffn().size(Variant.Size.WIDTH) / 2);
    try (DjlEngine engine = new DjlEngine(1);
        NDManager manager = Tensors.root().newSubManager()) {
      CheckpointRef ref =
          ((TaskResult.Recorded) engine.run(spec, new Task.Record(), Monitor.NONE)).recording();
      Store store = Store.open(Path.of(spec.store()));
      Recording recording = Recording.open(store, ref);
      Decoder parent = engine.loaded();
      DecoderConfig config = parent.config();
      List<Task.Weights> layers = new ArrayList<>();
      for (int layer = 0; layer < config.layers(); layer++) {
        layers.add(new Task.Weights(trained(engine, spec, layer, kv, ref), null));
      }
      CheckpointRef half = trained(engine, spec, 0, ffn, ref);
      Block block = new Block(kv, ffn);
      Architecture narrow =
          Architecture.uniform(new Block(kv, config.parentBlock().ffn()), config.layers());
      gather(parent, spec, recording, store, block, half, layers, narrow, manager);
      long seed = 11;
      int[][] rounds = all(recording, Split.GKD);
      int[] first = new EpochOrder(seed, rounds.length, spec.gkd().batch()).step(0);
      put("healed", Tensors.ids(manager, rows(rounds, first), 0, rounds[0].length - 1));
      try (NativeSteps script = new NativeSteps(arrays);
          PythonSteps python = PythonSteps.start(arrays, folder)) {
        Task.ScoreBlock score =
            new Task.ScoreBlock(
                0, block, false, new Task.Weights(layers.get(0).attention(), half), ref);
        List<String> misses = new ArrayList<>();
        for (String step : List.of("bld_ffn", "bld_attention", "score", "gkd")) {
          Turns turns = new Turns(hidden, step, script, python);
          switch (step) {
            case "bld_ffn" -> turns.bld(engine, spec, new Task.Bld(0, ffn, ref));
            case "bld_attention" -> turns.bld(engine, spec, new Task.Bld(0, kv, ref));
            case "score" -> turns.score(engine, spec, score);
            default -> {
              try (Decoder child = assembled(spec, config, store, narrow, layers)) {
                GlobalDistillation gkd =
                    new GlobalDistillation(
                        parent, TrainedChild.whole(child), spec.gkd(), recording, seed);
                turns.whileRunning(() -> gkd.run(turns));
              }
            }
          }
          misses.addAll(turns.told());
        }
        assertTrue(misses.isEmpty(), misses::toString);
      }
    }
  }

  /** Runs the engine's step and its rivals' in turn; told of each by the task's own progress. */
  private static final class Turns implements Monitor {

    private final String what;
    private final String step;
    private final NativeSteps script;
    private final PythonSteps python;
    private final List<Double> ours = new ArrayList<>();
    private final List<Double> scripts = new ArrayList<>();
    private final List<Double> pythons = new ArrayList<>();
    private double ourLoss = Double.NaN;
    private double scriptLoss;
    private double pythonLoss;
    private long resumed;

    Turns(int hidden, String step, NativeSteps script, PythonSteps python) {
      this.what = "d=%d %-13s".formatted(hidden, step);
      this.step = step;
      this.script = script;
      this.python = python;
    }

    void bld(DjlEngine engine, RunSpec spec, Task task) throws TaskFailedException {
      whileRunning(() -> engine.run(spec, task, this));
    }

    void score(DjlEngine engine, RunSpec spec, Task task) throws TaskFailedException {
      rivals();
      for (int i = 0; i <= ROUNDS; i++) {
        resumed = System.nanoTime();
        TaskResult result = engine.run(spec, task, Monitor.NONE);
        ours.add((System.nanoTime() - resumed) / 1e9);
        ourLoss = ((TaskResult.BlockScored) result).score().value();
        rivals();
      }
    }

    interface Work {
      void run() throws TaskFailedException;
    }

    void whileRunning(Work work) throws TaskFailedException {
      try {
        work.run();
      } catch (CancellationException e) {
        // Enough rounds.
      }
    }

    @Override
    public void progress(long done, long total, double loss) {
      if (resumed != 0) {
        ours.add((System.nanoTime() - resumed) / 1e9);
      } else {
        ourLoss = loss;
      }
      rivals();
      resumed = System.nanoTime();
    }

    private void rivals() {
      long begin = System.nanoTime();
      double loss = script.run(step);
      scripts.add((System.nanoTime() - begin) / 1e9);
      scriptLoss = scripts.size() == 1 ? loss : scriptLoss;
      if (python != null) {
        double[] said = python.run(step);
        pythons.add(said[0]);
        pythonLoss = pythons.size() == 1 ? said[1] : pythonLoss;
      }
    }

    @Override
    public boolean cancelled() {
      return ours.size() >= ROUNDS;
    }

    /** Prints the times; returns what misses the limit. */
    List<String> told() {
      assertEquals(1, scriptLoss / ourLoss, 1e-3, what + ": the loss of the first step");
      double mine = median(ours);
      StringBuilder line = new StringBuilder();
      line.append("%s engine %.1f ms".formatted(what, 1e3 * mine));
      List<String> misses = new ArrayList<>();
      tell(line, misses, "TorchScript", mine / median(scripts), median(scripts));
      if (python != null) {
        assertEquals(1, pythonLoss / ourLoss, 1e-3, what + ": the loss of the first step");
        tell(line, misses, "Python", mine / median(pythons), median(pythons));
      }
      System.out.println(line);
      return misses;
    }

    private void tell(
        StringBuilder line, List<String> misses, String rival, double ratio, double seconds) {
      line.append(", %s %.1f ms, ratio %.3f".formatted(rival, 1e3 * seconds, ratio));
      if (ratio > LIMIT) {
        misses.add("%s %.3f x %s".formatted(what, ratio, rival));
      }
    }

    private static double median(List<Double> seconds) {
      List<Double> sorted = new ArrayList<>(seconds.subList(1, seconds.size()));
      Collections.sort(sorted);
      return sorted.get(sorted.size() / 2);
    }
  }

  /** Everything the native steps need, taken from the same files the engine reads. */
  private void gather(
      Decoder parent,
      RunSpec spec,
      Recording recording,
      Store store,
      Block block,
      CheckpointRef half,
      List<Task.Weights> layers,
      Architecture narrow,
      NDManager manager) {
    DecoderConfig config = parent.config();
    int tokens = spec.corpus().sequenceTokens();
    NativeSteps.rotation(config, tokens, manager).forEach(this::put);
    int all = spec.bld().sequences();
    Tensors.inference(
        () -> {
          int[][] train = all(recording, Split.TRAIN);
          NDArray input = parent.embed(Tensors.ids(manager, train, 0, tokens));
          NDArray middle = parent.attention(parent.weights(0, Subblock.ATTENTION), input);
          NDArray output = parent.ffn(parent.weights(0, Subblock.FFN), middle);
          put("input", Tensors.keep(input, manager));
          put("middle", Tensors.keep(middle, manager));
          put("output", Tensors.keep(output, manager));
          return null;
        });
    put("scored", Tensors.ids(manager, all(recording, Split.SCORING), 0, tokens));
    int[][] scored = all(recording, Split.SCORING);
    put(
        "logits",
        Tensors.inference(
            () ->
                Tensors.keep(
                    parent.logits(
                        recording.last(Split.SCORING, config).read(manager, 0, scored.length)),
                    manager)));
    parent.parameters().forEach((name, array) -> put("parent/" + name, array));
    parent.weights(0, Subblock.FFN).arrays().forEach((name, array) -> put("frozen/" + name, array));
    Architecture own = Architecture.uniform(config.parentBlock(), config.layers());
    List<Task.Weights> replaced =
        new ArrayList<>(Collections.nCopies(config.layers(), new Task.Weights(null, null)));
    replaced.set(0, new Task.Weights(layers.get(0).attention(), half));
    group("scored_model/", spec, store, config, own.with(0, block), replaced, manager);
    group("gkd/", spec, store, config, narrow, layers, manager);
    // A variant's training starts where its initialisation left it.
    initial("bld_ffn/", spec, parent, recording, block.ffn(), manager);
    initial("bld_attention/", spec, parent, recording, block.attention(), manager);
  }

  private void group(
      String prefix,
      RunSpec spec,
      Store store,
      DecoderConfig config,
      Architecture architecture,
      List<Task.Weights> layers,
      NDManager manager) {
    try (Decoder model = assembled(spec, config, store, architecture, layers)) {
      model.parameters().forEach((name, array) -> put(prefix + name, Tensors.keep(array, manager)));
    }
  }

  private static Decoder assembled(
      RunSpec spec,
      DecoderConfig config,
      Store store,
      Architecture architecture,
      List<Task.Weights> layers) {
    DecoderConfig child = config.with(architecture);
    return Decoder.load(
        child,
        new AssembledWeights(child, SafetensorsFolder.open(Path.of(spec.parent())), store, layers),
        spec.corpus().sequenceTokens());
  }

  private void initial(
      String prefix,
      RunSpec spec,
      Decoder parent,
      Recording recording,
      Variant variant,
      NDManager manager) {
    Initialisation initialisation =
        new Initialisation(
            parent.config(),
            parent.weights(0, variant.subblock()),
            variant.subblock() == Subblock.FFN
                ? recording.contribution(0)
                : recording.headContribution(0));
    new BlockDistillation(parent, 0, spec.bld(), recording)
        .begin(initialisation, variant)
        .weights()
        .arrays()
        .forEach((name, array) -> put(prefix + name, Tensors.keep(array, manager)));
  }

  private void put(String name, NDArray array) {
    arrays.put(name, array);
  }

  private static CheckpointRef trained(
      DjlEngine engine, RunSpec spec, int layer, Variant variant, CheckpointRef recording)
      throws TaskFailedException {
    RunSpec brief =
        SmallRun.bld(
            spec,
            b -> {
              b.sequences = 4;
              b.batch = 4;
              b.steps = 1;
            });
    return ((TaskResult.Trained)
            engine.run(brief, new Task.Bld(layer, variant, recording), Monitor.NONE))
        .weights();
  }

  /** The tiny parent, or a random one of three times its width. */
  private RunSpec spec(int hidden) throws IOException {
    Path home = Files.createDirectories(folder.resolve("d" + hidden));
    if (hidden == 256) {
      RunSpec small = SmallRun.in(home, SmallRun.config(), 6000);
      return SmallRun.sized(
          small,
          Path.of("../examples/tiny/parent"),
          small.corpus().sources().get(0).path(),
          128,
          16,
          ROUNDS + 2);
    }
    int heads = hidden / 64;
    Block block = new Block(Variant.attention(heads / 2), Variant.ffn(hidden * 8 / 3));
    DecoderConfig config =
        new DecoderConfig(
            "llama",
            4096,
            hidden,
            heads,
            64,
            1e-5,
            10_000,
            null,
            512,
            false,
            false,
            false,
            Architecture.uniform(block, 2));
    RunSpec small = SmallRun.in(home, config, 6000);
    return SmallRun.sized(
        small, Path.of(small.parent()), small.corpus().sources().get(0).path(), 256, 4, ROUNDS + 2);
  }

  private static int[][] rows(int[][] all, int[] chosen) {
    return Arrays.stream(chosen).mapToObj(i -> all[i]).toArray(int[][]::new);
  }

  private static int[][] all(Recording recording, Split split) {
    Sequences sequences = recording.tokens(split);
    return sequences.read(0, Math.toIntExact(sequences.count()));
  }
}
