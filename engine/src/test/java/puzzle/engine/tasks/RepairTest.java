package puzzle.engine.tasks;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.TaskFailedException;
import puzzle.model.Block;
import puzzle.model.CheckpointRef;
import puzzle.model.Failure;
import puzzle.model.RunSpec;
import puzzle.model.Task;
import puzzle.model.TaskResult;
import puzzle.model.Variant;

/**
 * Files of a run's store are damaged: each task gives the result it gave before, and they are what
 * they were.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RepairTest {

  private static final Block SMALL = new Block(Variant.attention(2), Variant.ffn(12));

  private final DjlEngine engine = new DjlEngine(1);
  private RunSpec spec;
  private Path store;
  private List<Task> tasks;
  private List<TaskResult> results;

  @BeforeAll
  void runEveryTaskOnce(@TempDir Path folder) throws Exception {
    spec = SmallRun.in(folder);
    store = Path.of(spec.store());
    CheckpointRef recording =
        ((TaskResult.Recorded) engine.run(spec, new Task.Record(), Monitor.NONE)).recording();
    Task.Gkd order = SmallRun.heal(engine, spec, SMALL, recording);
    List<CheckpointRef> states = List.of();
    for (int round = 0; round < spec.gkd().rounds(); round++) {
      Task.GkdRound task =
          new Task.GkdRound(
              order.architecture(), order.layers(), recording, round, 0, states, 0, null);
      states = List.of(((TaskResult.ShardTrained) engine.run(spec, task, Monitor.NONE)).state());
    }
    Task.Gkd last = new Task.Gkd(order.architecture(), order.layers(), recording, states, 0, null);
    CheckpointRef child = ((TaskResult.Healed) engine.run(spec, last, Monitor.NONE)).child();
    tasks = new ArrayList<>();
    for (int layer = 0; layer < SmallRun.LAYERS; layer++) {
      tasks.add(new Task.Bld(layer, Variant.ffn(24), recording));
      tasks.add(new Task.Bld(layer, Variant.attention(1), recording));
      tasks.add(new Task.ScoreBlock(layer, SMALL, order.layers().get(layer), recording));
    }
    tasks.add(new Task.Evaluate("a", order.architecture(), order.layers(), null, recording));
    tasks.add(new Task.Evaluate("b", order.architecture(), List.of(), child, recording));
    tasks.add(new Task.Export(order.architecture(), child, List.of("name: small")));
    results = new ArrayList<>();
    for (Task task : tasks) {
      results.add(engine.run(spec, task, Monitor.NONE));
    }
  }

  @AfterAll
  void close() {
    engine.close();
  }

  @Test
  void everyFileWithAFlippedByteIsMadeAgainBeforeItIsUsed() throws Exception {
    for (Path file : files()) {
      byte[] whole = Files.readAllBytes(file);
      byte[] flipped = whole.clone();
      flipped[flipped.length / 2] ^= 1;
      Files.write(file, flipped);
      for (int i = 0; i < tasks.size() && !Arrays.equals(whole, Files.readAllBytes(file)); i++) {
        assertEquals(results.get(i), engine.run(spec, tasks.get(i), Monitor.NONE), file.toString());
      }
      assertArrayEquals(whole, Files.readAllBytes(file), file.toString());
    }
  }

  @Test
  void filesThatAreCutShortOrGoneAreMadeAgain() throws Exception {
    List<Path> files = files();
    List<byte[]> whole = new ArrayList<>();
    for (int i = 0; i < files.size(); i++) {
      whole.add(Files.readAllBytes(files.get(i)));
      if (i % 2 == 0) {
        Files.write(files.get(i), Arrays.copyOf(whole.get(i), whole.get(i).length / 2));
      } else {
        Files.delete(files.get(i));
      }
    }
    for (int i = 0; i < tasks.size(); i++) {
      assertEquals(results.get(i), engine.run(spec, tasks.get(i), Monitor.NONE));
    }
    for (int i = 0; i < files.size(); i++) {
      assertArrayEquals(whole.get(i), Files.readAllBytes(files.get(i)), files.get(i).toString());
    }
  }

  @Test
  void aHealedChildThatIsNotOfTheLastStatesIsMadeAgain(@TempDir Path folder) throws Exception {
    // What is trained at that rate is worse than the start.
    RunSpec absurd = SmallRun.gkd(SmallRun.in(folder), g -> g.learningRate = 1);
    CheckpointRef recording =
        ((TaskResult.Recorded) engine.run(absurd, new Task.Record(), Monitor.NONE)).recording();
    Task.Gkd order = SmallRun.heal(engine, absurd, SMALL, recording);
    TaskResult.HeldOut start = new TaskResult.HeldOut(0, 1e-3);
    Task.GkdRound round =
        new Task.GkdRound(
            order.architecture(), order.layers(), recording, 0, 0, List.of(), 0, null);
    CheckpointRef state =
        ((TaskResult.ShardTrained) engine.run(absurd, round, Monitor.NONE)).state();
    Task.Gkd last =
        new Task.Gkd(order.architecture(), order.layers(), recording, List.of(state), 0, start);
    TaskResult.Healed healed = (TaskResult.Healed) engine.run(absurd, last, Monitor.NONE);
    assertEquals(0, healed.steps());
    Path file = Path.of(absurd.store(), healed.child().path());
    byte[] whole = Files.readAllBytes(file);
    Files.write(file, new byte[1]);
    Task task = new Task.Evaluate("b", order.architecture(), List.of(), healed.child(), recording);
    engine.run(absurd, task, Monitor.NONE);
    assertArrayEquals(whole, Files.readAllBytes(file));
  }

  /** References in tasks are what counts: what came out differently is not taken for it. */
  @Test
  void whatCannotBeMadeToTheSameBitsIsNamed() throws Exception {
    Task.Evaluate task = (Task.Evaluate) tasks.get(tasks.size() - 3);
    List<Task.Weights> layers = new ArrayList<>(task.layers());
    CheckpointRef ffn = layers.get(1).ffn();
    layers.set(
        1,
        new Task.Weights(
            layers.get(1).attention(), new CheckpointRef(ffn.path(), ffn.bytes(), "0".repeat(64))));
    Task.Evaluate other =
        new Task.Evaluate("c", task.architecture(), layers, null, task.recording());
    TaskFailedException e =
        assertThrows(TaskFailedException.class, () -> engine.run(spec, other, Monitor.NONE));
    assertEquals(Failure.Kind.CORRUPT_ARTEFACT, e.failure().kind());
    assertTrue(e.getMessage().contains(ffn.path()), e.getMessage());
  }

  /** Everything that tasks read but the states of GKD, which its owner has made again. */
  private List<Path> files() throws IOException {
    try (Stream<Path> all =
        Stream.of("recording", "library")
            .map(store::resolve)
            .flatMap(RepairTest::walk)
            .filter(Files::isRegularFile)) {
      List<Path> files = new ArrayList<>(all.sorted().toList());
      // Trained for the test's own tasks, and read by none.
      files.removeIf(f -> f.endsWith("ffn-24.safetensors"));
      files.add(store.resolve("gkd/child.safetensors"));
      assertTrue(files.size() > 8, files::toString);
      return files;
    }
  }

  private static Stream<Path> walk(Path folder) {
    try {
      return Files.walk(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
