package puzzle.engine.gkd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import puzzle.engine.BlockEngine;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.TaskFailedException;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.huggingface.HuggingFaceConfig;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.Residency;
import puzzle.engine.recording.Recording;
import puzzle.engine.safetensors.SafetensorsFolder;
import puzzle.engine.score.AssembledWeights;
import puzzle.engine.store.Store;
import puzzle.engine.tasks.DjlEngine;
import puzzle.engine.tasks.SmallRun;
import puzzle.model.Block;
import puzzle.model.CheckpointRef;
import puzzle.model.Failure;
import puzzle.model.RunSpec;
import puzzle.model.RunSpec.Gkd.Loss;
import puzzle.model.Seeds;
import puzzle.model.Task;
import puzzle.model.TaskResult;
import puzzle.model.TaskResult.Healed;
import puzzle.model.TaskResult.ShardTrained;
import puzzle.model.Variant;

class GlobalDistillationTest {

  private static final Block SMALL = new Block(Variant.attention(1), Variant.ffn(12));
  private static final Set<Loss> USUAL = EnumSet.of(Loss.COSINE, Loss.KLD);

  @TempDir Path folder;
  private RunSpec base;
  private final DjlEngine engine = new DjlEngine(1);
  private Task.Gkd order;

  /** What the rounds of a GKD learn on their way. */
  private int rollbacks;

  private TaskResult.HeldOut best;

  @BeforeEach
  void assembleAChild() throws Exception {
    base = SmallRun.in(folder);
    CheckpointRef recording =
        ((TaskResult.Recorded) engine.run(base, new Task.Record(), Monitor.NONE)).recording();
    order = SmallRun.heal(engine, base, SMALL, recording);
  }

  @AfterEach
  void close() {
    engine.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void roundsOnAnyDeviceInAnyOrderGiveWhatOneProgramGives(int shards) throws Exception {
    RunSpec spec = gkd(USUAL, 4, 0, 1, shards);
    Healed expected = all(engine, spec, false);
    RunSpec elsewhere = moved(spec);
    try (DjlEngine other = new DjlEngine(1)) {
      assertEquals(expected, all(other, elsewhere, true), "shards in reverse, in another engine");
    }
    Map<String, float[]> child = plain(spec);
    Map<String, float[]> files = read(spec, expected.child());
    child.forEach((name, values) -> assertArrayEquals(bf16(values), files.get(name), 0, name));
    List<TaskResult.HeldOut> heldOut = expected.heldOut();
    assertTrue(
        heldOut.get(0).klNatsPerToken() < klBefore(spec), heldOut + " after " + klBefore(spec));
  }

  @Test
  void aRoundThatIsDoneAgainGivesTheSameAndOldStatesGo() throws Exception {
    RunSpec spec = gkd(USUAL, 4, 0, 1, 2);
    List<CheckpointRef> before = List.of();
    for (int round = 0; round < spec.gkd().rounds(); round++) {
      List<CheckpointRef> states = round(engine, spec, round, before, false);
      assertEquals(states, round(engine, spec, round, before, true));
      before = states;
    }
    try (var files = Files.list(Path.of(spec.store(), "gkd"))) {
      assertEquals(
          List.of(
              "round-00002-shard-00.safetensors",
              "round-00002-shard-01.safetensors",
              "round-00003-shard-00.safetensors",
              "round-00003-shard-01.safetensors"),
          files.map(f -> f.getFileName().toString()).sorted().toList());
    }
  }

  @Test
  void aStateThatIsNotWholeIsNamed() throws Exception {
    RunSpec spec = gkd(USUAL, 4, 0, 1, 1);
    List<CheckpointRef> states = round(engine, spec, 0, List.of(), false);
    Path file = Path.of(spec.store(), states.get(0).path());
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 1;
    Files.write(file, bytes);
    TaskFailedException e =
        assertThrows(TaskFailedException.class, () -> round(engine, spec, 1, states, false));
    assertEquals(Failure.Kind.CORRUPT_ARTEFACT, e.failure().kind());
    assertTrue(e.getMessage().contains(states.get(0).path()), e.getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {"''", "LM", "COSINE", "KLD", "LM,COSINE", "LM,KLD", "COSINE,KLD", "LM,COSINE,KLD"})
  void everyCombinationOfLossesTrains(String names) throws Exception {
    Set<Loss> losses = EnumSet.noneOf(Loss.class);
    Stream.of(names.split(",")).filter(n -> !n.isEmpty()).map(Loss::valueOf).forEach(losses::add);
    RunSpec spec = gkd(losses, 4, 0, 1, 1);
    Healed healed = all(engine, spec, false);
    double kl = healed.heldOut().get(0).klNatsPerToken();
    if (losses.isEmpty()) {
      assertEquals(klBefore(spec), kl, 1e-3, "nothing but the child's rounding to bf16");
    } else if (losses.contains(Loss.LM)) {
      assertTrue(loss(healed.child()) < loss(null), "the next token is what it learns");
    } else {
      assertTrue(kl < klBefore(spec), kl + " of " + klBefore(spec));
    }
  }

  private double loss(CheckpointRef child) throws TaskFailedException {
    Task task =
        new Task.Evaluate("x", order.architecture(), order.layers(), child, order.recording());
    return ((TaskResult.Evaluated) engine.run(base, task, Monitor.NONE)).lossNatsPerToken();
  }

  @Test
  void microBatchesAddUpToTheWholeBatch() throws Exception {
    Map<String, float[]> whole = plain(gkd(USUAL, 4, 4, 1, 1));
    Map<String, float[]> parts = plain(gkd(USUAL, 4, 3, 1, 1));
    whole.forEach((name, values) -> assertArrayEquals(values, parts.get(name), 2e-4f, name));
  }

  @Test
  void aLossThatIsNoNumberIsToldAsDiverged() {
    RunSpec wild =
        SmallRun.gkd(
            base,
            g -> {
              g.warmupSteps = 1;
              g.learningRate = 1e30;
              g.clipNorm = 1e30;
              g.checkpointSteps = 10;
            });
    TaskFailedException e =
        assertThrows(TaskFailedException.class, () -> round(engine, wild, 0, List.of(), false));
    assertEquals(Failure.Kind.DIVERGED, e.failure().kind());
  }

  private RunSpec gkd(Set<Loss> losses, int batch, int microBatch, double temperature, int shards) {
    return SmallRun.gkd(
        base,
        g -> {
          g.losses = losses;
          g.batch = batch;
          g.microBatch = microBatch;
          g.temperature = temperature;
          g.shards = shards;
          g.evaluateSteps = 100;
        });
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void ofAChildThatGetsWorseTheStartIsLeft(int shards) throws Exception {
    RunSpec absurd = SmallRun.gkd(gkd(USUAL, 4, 0, 1, shards), g -> g.learningRate = 1);
    Healed healed = all(engine, absurd, false);
    assertEquals(0, healed.steps());
    assertTrue(healed.heldOut().get(0).klNatsPerToken() > klBefore(absurd), healed + "");
    Map<String, float[]> files = read(absurd, healed.child());
    try (Decoder start = child(absurd)) {
      start
          .parameters()
          .forEach(
              (name, array) ->
                  assertArrayEquals(bf16(array.toFloatArray()), files.get(name), 0, name));
    }
    Map<String, float[]> trained = plain(absurd);
    trained.forEach((name, values) -> assertArrayEquals(bf16(values), files.get(name), 0, name));
  }

  @Test
  void ofAChildThatGetsWorseOnItsWayTheBestMeasuredIsLeft() throws Exception {
    // Good steps until the warm-up is far advanced, then ruin.
    RunSpec spec =
        SmallRun.gkd(
            gkd(USUAL, 4, 0, 1, 1),
            g -> {
              g.learningRate = 1;
              g.warmupSteps = 300;
              g.steps = 60;
              g.checkpointSteps = 6;
              g.evaluateSteps = 6;
            });
    Healed healed = all(engine, spec, false);
    assertTrue(healed.steps() > 0 && healed.steps() < 60, healed + "");
    Map<String, float[]> files = read(spec, healed.child());
    plain(spec)
        .forEach((name, values) -> assertArrayEquals(bf16(values), files.get(name), 0, name));
    try (var left = Files.list(Path.of(spec.store(), "gkd"))) {
      assertEquals(
          1,
          left.filter(f -> f.getFileName().toString().startsWith("child-round-")).count(),
          "of the children kept on the way the best alone is there");
    }
  }

  @Test
  void aLossThatIsNoNumberTakesTheRoundBackToItsBeginningAtHalfTheRate() throws Exception {
    // Sixteen times a rate is tried before a training counts as diverged: steps of eight meet it.
    for (double rate = 1 << 12; ; rate *= 8) {
      double peak = rate;
      RunSpec wild =
          SmallRun.gkd(
              gkd(USUAL, 4, 0, 1, 1),
              g -> {
                g.learningRate = peak;
                g.warmupSteps = 1;
                g.checkpointSteps = 10;
              });
      Task task =
          new Task.GkdRound(
              order.architecture(), order.layers(), order.recording(), 0, 0, List.of(), 0, null);
      ShardTrained trained = (ShardTrained) engine.run(wild, task, Monitor.NONE);
      if (trained.rollbacks() > 0) {
        assertTrue(trained.rollbacks() <= GlobalDistillation.ROLLBACKS);
        assertTrue(Double.isFinite(trained.loss()));
        double factor = Math.pow(0.5, trained.rollbacks());
        RunSpec slower = SmallRun.gkd(wild, g -> g.learningRate = peak * factor);
        ShardTrained tame = (ShardTrained) engine.run(slower, task, Monitor.NONE);
        assertEquals(trained.state(), tame.state(), "as if it had begun at that rate");
        return;
      }
    }
  }

  @Test
  void aChildInMappedFilesIsHealedToTheSameBits() throws Exception {
    RunSpec spec = gkd(EnumSet.allOf(Loss.class), 4, 2, 1, 2);
    Healed expected = all(engine, spec, false);
    try (DjlEngine layers = new DjlEngine(1, Residency.LAYERS)) {
      assertEquals(expected, all(layers, moved(spec), false));
    }
  }

  /** All tasks of a GKD; the last held-out KL alone stays in its result. */
  private Healed all(BlockEngine engine, RunSpec spec, boolean reversed) throws Exception {
    List<CheckpointRef> states = List.of();
    rollbacks = 0;
    best = null;
    for (int round = 0; round < spec.gkd().rounds(); round++) {
      states = round(engine, spec, round, states, reversed);
    }
    Task.Gkd last =
        new Task.Gkd(
            order.architecture(), order.layers(), order.recording(), states, rollbacks, best);
    return (Healed) engine.run(spec, last, Monitor.NONE);
  }

  private List<CheckpointRef> round(
      BlockEngine engine, RunSpec spec, int round, List<CheckpointRef> from, boolean reversed)
      throws TaskFailedException {
    List<TaskResult.HeldOut> measured = new ArrayList<>();
    List<CheckpointRef> states = new ArrayList<>(Collections.nCopies(spec.gkd().shards(), null));
    for (int i = 0; i < states.size(); i++) {
      int shard = reversed ? states.size() - 1 - i : i;
      Task task =
          new Task.GkdRound(
              order.architecture(),
              order.layers(),
              order.recording(),
              round,
              shard,
              from,
              rollbacks,
              best);
      ShardTrained trained = (ShardTrained) engine.run(spec, task, Monitor.NONE);
      states.set(shard, trained.state());
      measured.addAll(trained.heldOut());
    }
    for (TaskResult.HeldOut heldOut : measured) {
      best = TaskResult.HeldOut.better(best, heldOut);
    }
    return states;
  }

  /** The same store's content in another place. */
  private RunSpec moved(RunSpec spec) throws Exception {
    RunSpec elsewhere = SmallRun.in(Files.createDirectories(folder.resolve("elsewhere")));
    try (DjlEngine other = new DjlEngine(1)) {
      other.run(elsewhere, new Task.Record(), Monitor.NONE);
      assertEquals(order, SmallRun.heal(other, elsewhere, SMALL, order.recording()));
    }
    return elsewhere.with(s -> s.gkd = spec.gkd());
  }

  /** The child that one program trains in memory. */
  private Map<String, float[]> plain(RunSpec spec) throws IOException {
    try (Decoder child = child(spec)) {
      distillation(spec, child).run(Monitor.NONE);
      Map<String, float[]> values = new TreeMap<>();
      child.parameters().forEach((name, array) -> values.put(name, array.toFloatArray()));
      return values;
    }
  }

  private double klBefore(RunSpec spec) throws IOException {
    RunSpec evaluating = gkd(USUAL, 4, 0, 1, 1);
    try (Decoder child = child(evaluating)) {
      return distillation(evaluating, child).heldOutBefore(0, 0).get(0).klNatsPerToken();
    }
  }

  private GlobalDistillation distillation(RunSpec spec, Decoder child) {
    // As ChildTasks seeds it.
    long seed = Seeds.of(spec.seed(), "heal");
    Store store = Store.open(Path.of(base.store()));
    return new GlobalDistillation(
        parent(),
        TrainedChild.whole(child),
        spec.gkd(),
        Recording.open(store, order.recording()),
        seed);
  }

  private Decoder parent() {
    return engine.loaded();
  }

  private Decoder child(RunSpec spec) {
    Path parent = Path.of(spec.parent());
    DecoderConfig config = HuggingFaceConfig.read(parent).with(order.architecture());
    return Decoder.load(
        config,
        new AssembledWeights(
            config,
            SafetensorsFolder.open(parent),
            Store.open(Path.of(base.store())),
            order.layers()),
        spec.corpus().sequenceTokens());
  }

  private static Map<String, float[]> read(RunSpec spec, CheckpointRef child) {
    var file = Store.open(Path.of(spec.store())).safetensors(child);
    Map<String, float[]> values = new TreeMap<>();
    for (String name : file.names()) {
      FloatBuffer buffer = file.fp32(name);
      float[] array = new float[buffer.remaining()];
      buffer.get(array);
      values.put(name, array);
    }
    return values;
  }

  /** To the nearest bf16, ties to even. */
  private static float[] bf16(float[] values) {
    float[] rounded = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      int bits = Float.floatToRawIntBits(values[i]);
      rounded[i] = Float.intBitsToFloat((bits + 0x7fff + (bits >>> 16 & 1)) & 0xffff0000);
    }
    return rounded;
  }
}
