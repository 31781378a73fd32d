package puzzle.engine.tasks;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.engine.BlockEngine;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.TaskFailedException;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.WeightSource;
import puzzle.engine.huggingface.ChildVerifier;
import puzzle.engine.huggingface.HuggingFaceConfig;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.Residency;
import puzzle.engine.nn.Tensors;
import puzzle.engine.safetensors.SafetensorsFolder;
import puzzle.engine.store.Store;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.BlockCost;
import puzzle.model.CheckpointRef;
import puzzle.model.Failure;
import puzzle.model.LayerLibrary;
import puzzle.model.RunSpec;
import puzzle.model.Subblock;
import puzzle.model.Target;
import puzzle.model.Task;
import puzzle.model.TaskResult;
import puzzle.model.Variant;

class DjlEngineTest {

  private static final Block SMALL = new Block(Variant.attention(1), Variant.ffn(12));

  @TempDir Path folder;
  private RunSpec spec;
  private final DjlEngine engine = new DjlEngine(1);

  @BeforeEach
  void writeTheParent() throws IOException {
    spec = SmallRun.in(folder);
  }

  @AfterEach
  void close() {
    engine.close();
  }

  @Test
  void trainsEveryVariantCloserToItsParent() throws TaskFailedException {
    CheckpointRef recording = record(engine, spec);
    for (Variant variant : spec.space().variants()) {
      if (spec.space().trainable(variant)) {
        TaskResult.Trained result = bld(engine, spec, 1, variant, recording);
        assertTrue(
            result.lossAfter() < 0.95 * result.lossBefore(),
            variant + ": " + result.lossBefore() + " to " + result.lossAfter());
      }
    }
  }

  @Test
  void coupledTrainingGoesOnFromTheHalvesAndComesCloserToTheParent() throws Exception {
    CheckpointRef recording = record(engine, spec);
    Task.Weights halves =
        new Task.Weights(
            bld(engine, spec, 1, SMALL.attention(), recording).weights(),
            bld(engine, spec, 1, SMALL.ffn(), recording).weights());
    TaskResult.Trained stage = couple(1, SMALL, halves, recording);
    TaskResult.Trained alone = couple(1, SMALL, null, recording);
    assertTrue(stage.lossBefore() < alone.lossBefore(), stage + " against " + alone);
    assertTrue(stage.lossAfter() < 0.98 * stage.lossBefore(), stage.toString());
    assertEquals(stage, couple(1, SMALL, halves, recording), "the same bits again");
    double decoupled = score(1, SMALL, false, halves, recording);
    double coupled =
        score(1, SMALL, true, LayerLibrary.Pair.halves(SMALL, stage.weights()), recording);
    assertTrue(coupled > 0 && coupled != decoupled, coupled + " and " + decoupled);
    Block half = new Block(Variant.noOp(Subblock.ATTENTION), SMALL.ffn());
    assertTrue(couple(1, half, null, recording).lossAfter() > 0);
  }

  @Test
  void givesTheSameBitsInAnotherEngineAndOrder() throws Exception {
    CheckpointRef recording = record(engine, spec);
    TaskResult.Trained kv = bld(engine, spec, 0, Variant.attention(1), recording);
    TaskResult.Trained ffn = bld(engine, spec, 0, Variant.ffn(12), recording);
    RunSpec elsewhere = SmallRun.in(Files.createDirectories(folder.resolve("elsewhere")));
    try (DjlEngine other = new DjlEngine(1)) {
      CheckpointRef again = record(other, elsewhere);
      assertEquals(recording, again);
      assertEquals(ffn, bld(other, elsewhere, 0, Variant.ffn(12), again));
      assertEquals(kv, bld(other, elsewhere, 0, Variant.attention(1), again));
      Task.Weights weights = new Task.Weights(kv.weights(), ffn.weights());
      assertEquals(
          engine.run(spec, new Task.ScoreBlock(0, SMALL, false, weights, recording), Monitor.NONE),
          other.run(elsewhere, new Task.ScoreBlock(0, SMALL, false, weights, again), Monitor.NONE));
    }
  }

  @Test
  void aParentALayerAtATimeGivesTheSameBits() throws Exception {
    CheckpointRef recording = record(engine, spec);
    TaskResult.Trained kv = bld(engine, spec, 1, Variant.attention(1), recording);
    TaskResult.Trained ffn = bld(engine, spec, 1, Variant.ffn(12), recording);
    RunSpec elsewhere = SmallRun.in(Files.createDirectories(folder.resolve("elsewhere")));
    try (DjlEngine layers = new DjlEngine(1, Residency.LAYERS)) {
      CheckpointRef again = record(layers, elsewhere);
      assertFalse(layers.loaded().resident());
      assertEquals(recording, again);
      assertEquals(kv, bld(layers, elsewhere, 1, Variant.attention(1), again));
      assertEquals(ffn, bld(layers, elsewhere, 1, Variant.ffn(12), again));
      Task.Weights weights = new Task.Weights(kv.weights(), ffn.weights());
      assertEquals(
          engine.run(spec, new Task.ScoreBlock(1, SMALL, weights, recording), Monitor.NONE),
          layers.run(elsewhere, new Task.ScoreBlock(1, SMALL, weights, again), Monitor.NONE));
      Architecture child =
          Architecture.uniform(spec.space().parent(), SmallRun.LAYERS).with(1, SMALL);
      List<Task.Weights> assembled =
          new ArrayList<>(Collections.nCopies(SmallRun.LAYERS, new Task.Weights(null, null)));
      assembled.set(1, weights);
      assertEquals(
          engine.run(spec, new Task.Evaluate("x", child, assembled, null, recording), Monitor.NONE),
          layers.run(
              elsewhere, new Task.Evaluate("x", child, assembled, null, again), Monitor.NONE));
    }
  }

  @Test
  void scoresTheParentsOwnBlockZeroAndAnyOtherAboveIt() throws TaskFailedException {
    CheckpointRef recording = record(engine, spec);
    for (int layer = 0; layer < SmallRun.LAYERS; layer++) {
      assertEquals(0, score(layer, spec.space().parent(), recording), 1e-7);
      assertTrue(
          score(
                  layer,
                  new Block(Variant.noOp(Subblock.ATTENTION), Variant.noOp(Subblock.FFN)),
                  recording)
              > 1e-7);
    }
  }

  @Test
  void scoresOneReplacedBlockLikeTheAssembledModel() throws TaskFailedException {
    // The two are measured on different held-out sequences of the same kind of text.
    CheckpointRef recording = record(engine, spec);
    Block none = new Block(Variant.noOp(Subblock.ATTENTION), spec.space().parent().ffn());
    Architecture parent = Architecture.uniform(spec.space().parent(), SmallRun.LAYERS);
    TaskResult.Evaluated whole = evaluate(parent.with(2, none), recording);
    TaskResult.Evaluated same = evaluate(parent, recording);
    assertEquals(0, same.klNatsPerToken(), 1e-7);
    double replaced = score(2, none, recording);
    assertEquals(whole.klNatsPerToken(), replaced, 0.25 * replaced);
  }

  @Test
  void exportsAChildThatReadsBackTheSame() throws Exception {
    CheckpointRef recording = record(engine, spec);
    Task.Gkd task = heal(recording);
    CheckpointRef healed = healed(task);
    Task export = new Task.Export(task.architecture(), healed, List.of("child: a test"));
    TaskResult.Exported exported = (TaskResult.Exported) engine.run(spec, export, Monitor.NONE);
    Path child = Path.of(spec.store(), exported.folder());
    assertEquals(List.of(), ChildVerifier.verify(child));
    assertEquals(exported, engine.run(spec, export, Monitor.NONE), "written again it is the same");

    DecoderConfig config = HuggingFaceConfig.read(child);
    assertEquals(task.architecture(), config.architecture());
    int[][] ids = {{84, 104, 101, 32, 112, 97, 114, 101, 110, 116}};
    float[] read = logits(config, SafetensorsFolder.open(child), ids);
    float[] original =
        logits(
            SmallRun.config().with(task.architecture()),
            Store.open(Path.of(spec.store())).safetensors(healed),
            ids);
    assertArrayEquals(original, read, 1e-3f);
  }

  private static float[] logits(DecoderConfig config, WeightSource weights, int[][] ids) {
    try (Decoder model = Decoder.load(config, weights, ids[0].length)) {
      return Tensors.inference(
          () -> {
            NDArray x = model.embed(Tensors.ids(model.manager(), ids, 0, ids[0].length));
            for (int layer = 0; layer < config.layers(); layer++) {
              x = model.layer(layer, x);
            }
            return model.logits(x).toFloatArray();
          });
    }
  }

  @Test
  void profilesEveryVariantAndMeasuresWholeModels() throws TaskFailedException {
    TaskResult.Profiled profile =
        (TaskResult.Profiled) engine.run(spec, new Task.Profile(SmallRun.WORKLOAD), Monitor.NONE);
    Architecture parent = Architecture.uniform(spec.space().parent(), SmallRun.LAYERS);
    Architecture small = Architecture.uniform(SMALL, SmallRun.LAYERS);
    TaskResult.Measured measured =
        (TaskResult.Measured)
            engine.run(
                spec, new Task.Measure(SmallRun.WORKLOAD, List.of(parent, small)), Monitor.NONE);
    for (int i = 0; i < 2; i++) {
      Architecture architecture = i == 0 ? parent : small;
      assertEquals(profile.cost(architecture).params(), measured.models().get(i).params());
      assertEquals(
          profile.cost(architecture).memoryBytes(), measured.models().get(i).memoryBytes());
      assertTrue(measured.models().get(i).prefillSeconds() > 0);
      assertTrue(measured.models().get(i).decodeSeconds() > 0);
    }
    assertEquals(SmallRun.config().params(), profile.cost(parent).params());
    assertEquals(0, profile.cost(Variant.noOp(Subblock.FFN)).prefillSeconds());
  }

  @Test
  void takesCostsOfHardwareThatIsNotHereFromItsProfile() throws TaskFailedException {
    RunSpec elsewhere = spec.with(s -> s.target = new Target("h100", spec.target().goals()));
    Task.Profile task = new Task.Profile(SmallRun.WORKLOAD);
    TaskResult.Profiled profile = (TaskResult.Profiled) engine.run(elsewhere, task, Monitor.NONE);
    Architecture parent = Architecture.uniform(spec.space().parent(), SmallRun.LAYERS);
    TaskResult.Measured measured =
        (TaskResult.Measured)
            engine.run(
                elsewhere, new Task.Measure(SmallRun.WORKLOAD, List.of(parent)), Monitor.NONE);
    BlockCost sum = profile.cost(parent);
    BlockCost whole = measured.models().get(0);
    assertEquals(sum.prefillSeconds(), whole.prefillSeconds(), 1e-12);
    assertEquals(sum.decodeSeconds(), whole.decodeSeconds(), 1e-12);
    assertEquals(sum.memoryBytes(), whole.memoryBytes());
    assertTrue(profile.source().startsWith("model of h100"), profile.source());
    assertTrue(profile.source().contains("extrapolated"), profile.source());
    assertTrue(profile.variants().get(0).relativeSpread() > 0, "uncertain");
    assertEquals(profile, engine.run(elsewhere, task, Monitor.NONE), "nothing is timed");
    assertEquals(
        TaskResult.MEASURED, ((TaskResult.Profiled) engine.run(spec, task, Monitor.NONE)).source());
  }

  @Test
  void keepsNoArraysBetweenTasks() throws TaskFailedException {
    CheckpointRef recording = record(engine, spec);
    bld(engine, spec, 0, Variant.ffn(12), recording);
    int before = arrays();
    for (int i = 0; i < 3; i++) {
      bld(engine, spec, 0, Variant.ffn(12), recording);
      bld(engine, spec, 1, Variant.linear(Subblock.ATTENTION), recording);
      score(1, new Block(Variant.noOp(Subblock.ATTENTION), spec.space().parent().ffn()), recording);
      evaluate(Architecture.uniform(spec.space().parent(), SmallRun.LAYERS), recording);
    }
    assertEquals(before, arrays());
  }

  @Test
  void tellsTheKindOfFailure() throws Exception {
    RunSpec diverging =
        SmallRun.bld(
            spec,
            b -> {
              b.learningRate = 1e30;
              b.clipNorm = 1e30;
            });
    CheckpointRef recording = record(engine, spec);
    TaskFailedException diverged =
        assertThrows(
            TaskFailedException.class, () -> bld(engine, diverging, 0, Variant.ffn(12), recording));
    assertEquals(Failure.Kind.DIVERGED, diverged.failure().kind());
    assertTrue(diverged.getMessage().contains("layer 0 variant ffn-12"), diverged.getMessage());

    CheckpointRef other = new CheckpointRef(recording.path(), recording.bytes(), "0".repeat(64));
    TaskFailedException corrupt =
        assertThrows(TaskFailedException.class, () -> bld(engine, spec, 0, Variant.ffn(12), other));
    assertEquals(Failure.Kind.CORRUPT_ARTEFACT, corrupt.failure().kind());
    assertTrue(corrupt.getMessage().contains("index.json"), corrupt.getMessage());
  }

  private static CheckpointRef record(BlockEngine engine, RunSpec spec) throws TaskFailedException {
    return ((TaskResult.Recorded) engine.run(spec, new Task.Record(), Monitor.NONE)).recording();
  }

  private static TaskResult.Trained bld(
      BlockEngine engine, RunSpec spec, int layer, Variant variant, CheckpointRef recording)
      throws TaskFailedException {
    return (TaskResult.Trained)
        engine.run(spec, new Task.Bld(layer, variant, recording), Monitor.NONE);
  }

  private TaskResult.Trained couple(
      int layer, Block block, Task.Weights start, CheckpointRef recording)
      throws TaskFailedException {
    return (TaskResult.Trained)
        engine.run(spec, new Task.BldBlock(layer, block, start, recording), Monitor.NONE);
  }

  private double score(int layer, Block block, CheckpointRef recording) throws TaskFailedException {
    return score(layer, block, false, new Task.Weights(null, null), recording);
  }

  private double score(
      int layer, Block block, boolean coupled, Task.Weights weights, CheckpointRef recording)
      throws TaskFailedException {
    Task task = new Task.ScoreBlock(layer, block, coupled, weights, recording);
    return ((TaskResult.BlockScored) engine.run(spec, task, Monitor.NONE)).score().value();
  }

  private TaskResult.Evaluated evaluate(Architecture architecture, CheckpointRef recording)
      throws TaskFailedException {
    List<Task.Weights> none = Collections.nCopies(SmallRun.LAYERS, new Task.Weights(null, null));
    return (TaskResult.Evaluated)
        engine.run(spec, new Task.Evaluate("x", architecture, none, null, recording), Monitor.NONE);
  }

  private Task.Gkd heal(CheckpointRef recording) throws TaskFailedException {
    return SmallRun.heal(engine, spec, SMALL, recording);
  }

  /** The child of a task's assembled weights, with nothing trained. */
  private CheckpointRef healed(Task.Gkd task) throws TaskFailedException {
    return ((TaskResult.Healed) engine.run(spec, task, Monitor.NONE)).child();
  }

  /** Arrays that live as long as the loaded parent. */
  private int arrays() {
    return engine.loaded().manager().getManagedArrays().size();
  }
}
