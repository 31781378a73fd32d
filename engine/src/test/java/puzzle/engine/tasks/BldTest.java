package puzzle.engine.tasks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.TaskFailedException;
import puzzle.engine.safetensors.SafetensorsFile;
import puzzle.engine.store.Store;
import puzzle.model.Block;
import puzzle.model.CheckpointRef;
import puzzle.model.Failure;
import puzzle.model.RunSpec;
import puzzle.model.RunSpec.Safeguards;
import puzzle.model.Subblock;
import puzzle.model.Task;
import puzzle.model.TaskResult;
import puzzle.model.Variant;

/** What a training of blocks goes through: small memory, small disks, stops. */
class BldTest {

  private static final Variant FFN = Variant.ffn(12);
  private static final Block SMALL = new Block(Variant.attention(1), FFN);

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
  void microBatchesGiveTheWholeBatchsResultButForRounding() throws Exception {
    CheckpointRef recording = record(spec);
    for (Variant variant : List.of(FFN, Variant.attention(1), Variant.linear(Subblock.ATTENTION))) {
      TaskResult.Trained whole = bld(spec, new Task.Bld(1, variant, recording));
      FloatBuffer expected = weights(spec, whole);
      for (int sequences : new int[] {1, 3}) {
        TaskResult.Trained parts = bld(inPassesOf(sequences), new Task.Bld(1, variant, recording));
        assertEquals(whole.lossBefore(), parts.lossBefore());
        assertEquals(whole.lossAfter(), parts.lossAfter(), 1e-4 * whole.lossAfter());
        FloatBuffer actual = weights(spec, parts);
        for (int i = 0; i < expected.limit(); i++) {
          // Adam divides by the gradient's size: where that is almost nothing, rounding shows.
          assertEquals(expected.get(i), actual.get(i), 2e-3, variant + " " + i);
        }
      }
      assertEquals(
          whole, bld(inPassesOf(4), new Task.Bld(1, variant, recording)), "4 is the whole batch");
    }
  }

  @Test
  void aTrainingThatWasStoppedGoesOnFromItsCheckpointToTheSameBits() throws Exception {
    RunSpec undisturbed = guarded(elsewhere("undisturbed"), new Safeguards(0, 2, 0, 3, 0));
    RunSpec stopped = guarded(spec, new Safeguards(0, 2, 0, 3, 0));
    CheckpointRef recording = record(undisturbed);
    assertEquals(recording, record(stopped));
    for (Task task :
        List.of(new Task.Bld(1, FFN, recording), new Task.BldBlock(1, SMALL, null, recording))) {
      TaskResult expected = engine.run(undisturbed, task, Monitor.NONE);
      List<Long> seen = new ArrayList<>();
      for (int stop : new int[] {2, 8}) {
        seen.clear();
        assertThrows(
            CancellationException.class, () -> engine.run(stopped, task, stopAt(stop, seen)));
      }
      assertEquals(1, seen.get(0), "stopped before the first checkpoint: from the beginning");
      assertTrue(files(stopped, ".training").size() == 2, files(stopped, ".training").toString());
      seen.clear();
      assertEquals(expected, engine.run(stopped, task, stopAt(100, seen)));
      assertEquals(7, seen.get(0), "step 6 was the last checkpoint");
      assertEquals(List.of(), files(stopped, ".training"), "nothing is left behind");
    }
  }

  @Test
  void aDamagedOrForeignCheckpointIsNotGoneOnFrom() throws Exception {
    RunSpec saving = guarded(spec, new Safeguards(0, 0, 0, 3, 0));
    CheckpointRef recording = record(saving);
    Task task = new Task.Bld(1, FFN, recording);
    TaskResult expected = engine.run(saving, task, Monitor.NONE);
    List<Long> seen = new ArrayList<>();
    assertThrows(CancellationException.class, () -> engine.run(saving, task, stopAt(8, seen)));
    Path state = files(saving, "training-000006.safetensors").get(0);
    byte[] bytes = Files.readAllBytes(state);
    bytes[bytes.length / 2] ^= 1;
    Files.write(state, bytes);
    seen.clear();
    assertEquals(expected, engine.run(saving, task, stopAt(100, seen)));
    assertEquals(1, seen.get(0));

    assertThrows(CancellationException.class, () -> engine.run(saving, task, stopAt(8, seen)));
    RunSpec other = guarded(spec, new Safeguards(2, 0, 0, 3, 0));
    seen.clear();
    engine.run(other, task, stopAt(100, seen));
    assertEquals(1, seen.get(0), "another run file's state");
  }

  @Test
  void aTapeThatDoesNotFitIsMadeAgainToTheSameBits() throws Exception {
    RunSpec roomy = elsewhere("roomy");
    CheckpointRef recording = record(roomy);
    List<Path> tapes = files(roomy, "recording/train-");
    assertEquals(2 * SmallRun.LAYERS + 1, tapes.size(), "input and middle, and the last state");
    long two = 0;
    for (int layer = 0; layer < 2; layer++) {
      for (Path tape : files(roomy, "-00" + layer + ".safetensors")) {
        two += tape.getFileName().toString().startsWith("train-") ? Files.size(tape) : 0;
      }
    }
    RunSpec tight = guarded(spec, new Safeguards(0, 0, 0, 0, two));
    assertEquals(recording, record(tight), "what was thrown away is recorded all the same");
    assertEquals(4, files(tight, "recording/train-").size());
    for (int layer : new int[] {2, 0, 1, 2}) {
      for (Variant variant : List.of(FFN, Variant.attention(2))) {
        Task.Bld task = new Task.Bld(layer, variant, recording);
        assertEquals(bld(roomy, task), bld(tight, task));
        long kept = 0;
        for (Path tape : files(tight, "recording/train-")) {
          kept += Files.size(tape);
        }
        assertTrue(kept <= two, kept + " of " + two);
      }
    }
  }

  @Test
  void aBudgetThatHoldsNoTwoLayersIsRefused() {
    RunSpec none = guarded(spec, new Safeguards(0, 0, 0, 0, 1000));
    TaskFailedException e = assertThrows(TaskFailedException.class, () -> record(none));
    assertEquals(Failure.Kind.INVALID_INPUT, e.failure().kind());
    assertTrue(e.getMessage().contains("bld.tapeBudget"), e.getMessage());
  }

  @Test
  void aLowRankFfnComesCloserToTheParentByTrainingAndWithRank() throws Exception {
    CheckpointRef recording = record(spec);
    double before = Double.POSITIVE_INFINITY;
    for (String name : new String[] {"ffn-48-rank-2", "ffn-48-rank-8"}) {
      TaskResult.Trained result = bld(spec, new Task.Bld(1, Variant.parse(name), recording));
      assertTrue(result.lossAfter() < result.lossBefore(), name + ": " + result);
      assertTrue(result.lossAfter() < before, name + ": " + result);
      before = result.lossAfter();
    }
  }

  @Test
  void trainingALayersVariantsRunsThePartsThatAreTrainedAndTheFrozenFfnOnly() throws Exception {
    CheckpointRef recording = record(spec);
    long steps = spec.bld().steps();
    long heldOut = 2L * spec.scoring().sequences() / spec.bld().batch();
    for (Variant variant : spec.space().variants()) {
      if (!spec.space().trainable(variant)) {
        continue;
      }
      long attention = passes(Subblock.ATTENTION);
      long ffn = passes(Subblock.FFN);
      TaskResult.Trained result = bld(spec, new Task.Bld(1, variant, recording));
      // Of two initialisations, and of six factors of a product, the first batch tells the better.
      boolean linear = variant.kind() == Variant.Kind.LINEAR;
      long first = linear ? 6 : result.beginning() == null ? 0 : 2;
      boolean isAttention = variant.subblock() == Subblock.ATTENTION;
      long expected = steps + heldOut + first;
      assertEquals(
          isAttention ? expected : 0, passes(Subblock.ATTENTION) - attention, variant.name());
      assertEquals(expected, passes(Subblock.FFN) - ffn, variant.name());
    }
  }

  private long passes(Subblock subblock) {
    return engine.loaded().passes(subblock);
  }

  private RunSpec elsewhere(String name) throws IOException {
    return SmallRun.in(Files.createDirectories(folder.resolve(name)));
  }

  private RunSpec inPassesOf(int sequences) {
    return guarded(spec, spec.bld().safeguards().with(s -> s.microBatch = sequences));
  }

  private static RunSpec guarded(RunSpec spec, Safeguards safeguards) {
    return SmallRun.bld(spec, b -> b.safeguards = safeguards);
  }

  private CheckpointRef record(RunSpec spec) throws TaskFailedException {
    return ((TaskResult.Recorded) engine.run(spec, new Task.Record(), Monitor.NONE)).recording();
  }

  private TaskResult.Trained bld(RunSpec spec, Task.Bld task) throws TaskFailedException {
    return (TaskResult.Trained) engine.run(spec, task, Monitor.NONE);
  }

  /** All values of a trained variant, end to end. */
  private static FloatBuffer weights(RunSpec spec, TaskResult.Trained result) {
    SafetensorsFile file = Store.open(Path.of(spec.store())).safetensors(result.weights());
    FloatBuffer all = FloatBuffer.allocate(1 << 16);
    file.names().stream().sorted().forEach(name -> all.put(file.fp32(name)));
    return all.flip();
  }

  private static List<Path> files(RunSpec spec, String part) throws IOException {
    try (Stream<Path> files = Files.walk(Path.of(spec.store()))) {
      return files.filter(f -> f.toString().contains(part)).sorted().toList();
    }
  }

  private static Monitor stopAt(int step, List<Long> seen) {
    return new Monitor() {
      @Override
      public void progress(long done, long total, double loss) {
        seen.add(done);
      }

      @Override
      public boolean cancelled() {
        return !seen.isEmpty() && seen.get(seen.size() - 1) >= step;
      }
    };
  }
}
