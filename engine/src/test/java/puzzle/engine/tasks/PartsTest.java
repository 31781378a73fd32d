package puzzle.engine.tasks;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.TaskFailedException;
import puzzle.engine.huggingface.ChildVerifier;
import puzzle.model.Block;
import puzzle.model.CheckpointRef;
import puzzle.model.DivisibleTask;
import puzzle.model.Part;
import puzzle.model.RunSpec;
import puzzle.model.Subblock;
import puzzle.model.Task;
import puzzle.model.TaskPart;
import puzzle.model.TaskResult;
import puzzle.model.Variant;

/** Long tasks done in parts, by several engines, against the same tasks undivided. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PartsTest {

  private static final Block SMALL = new Block(Variant.attention(2), Variant.ffn(12));
  private static final int PARTS = 3;

  private final DjlEngine engine = new DjlEngine(1);
  private final DjlEngine other = new DjlEngine(1);
  private RunSpec spec;
  private Path store;
  private Task.Record record;
  private CheckpointRef recording;
  private Task.Gkd order;
  private CheckpointRef child;

  @BeforeAll
  void healAChild(@TempDir Path folder) throws Exception {
    spec = SmallRun.in(folder).with(s -> s.parts = new RunSpec.Parts(PARTS, PARTS, PARTS));
    store = Path.of(spec.store());
    CheckpointRef tokens =
        ((TaskResult.PartMade) engine.run(spec, new Task.Tokenize(), Monitor.NONE)).file();
    record = new Task.Record(tokens, List.of());
    recording = recorded(record.joining(parts(record)));
    order = SmallRun.heal(engine, spec, SMALL, recording);
    child = ((TaskResult.Healed) engine.run(spec, order, Monitor.NONE)).child();
  }

  @AfterAll
  void close() {
    engine.close();
    other.close();
  }

  /** Sums over sequences may be rounded otherwise: importances, and nothing that was measured. */
  @Test
  void aRecordingInPartsGivesTheScoresAndLossesOfTheUndividedOne(@TempDir Path folder)
      throws Exception {
    RunSpec undivided = SmallRun.in(folder);
    CheckpointRef whole = recorded(undivided, new Task.Record());
    Block none = new Block(Variant.noOp(Subblock.ATTENTION), spec.space().parent().ffn());
    Task.Weights weights = new Task.Weights(null, null);
    assertEquals(
        engine.run(undivided, new Task.ScoreBlock(1, none, weights, whole), Monitor.NONE),
        engine.run(spec, new Task.ScoreBlock(1, none, weights, recording), Monitor.NONE));
    TaskResult.Recorded first =
        (TaskResult.Recorded) engine.run(undivided, new Task.Record(), Monitor.NONE);
    TaskResult.Recorded second =
        (TaskResult.Recorded) engine.run(spec, record.joining(parts(record)), Monitor.NONE);
    assertEquals(first.parentLoss(), second.parentLoss());
    assertEquals(first.trainTokens(), second.trainTokens());
    assertEquals(first.heldOutTokens(), second.heldOutTokens());
  }

  @Test
  void anEvaluationInPartsMeasuresWhatTheUndividedOneDoes() throws Exception {
    Task.Evaluate evaluate =
        new Task.Evaluate("x", order.architecture(), order.layers(), null, recording);
    TaskResult whole = engine.run(spec, evaluate, Monitor.NONE);
    assertEquals(whole, engine.run(spec, evaluate.joining(parts(evaluate)), Monitor.NONE));
  }

  @Test
  void whateverIsDamagedOfARecordingInPartsIsMadeAgainToTheSameBits() throws Exception {
    Task.Bld task = new Task.Bld(1, Variant.ffn(12), recording);
    Task.ScoreBlock score = new Task.ScoreBlock(1, SMALL, order.layers().get(1), recording);
    List<TaskResult> before = new ArrayList<>();
    for (Task t : List.of(task, score)) {
      before.add(engine.run(spec, t, Monitor.NONE));
    }
    int damaged = 0;
    try (Stream<Path> all = Files.list(store.resolve("recording"))) {
      for (Path file : all.sorted().toList()) {
        byte[] content = Files.readAllBytes(file);
        byte[] flipped = content.clone();
        flipped[flipped.length / 2] ^= 1;
        Files.write(file, flipped);
        try (DjlEngine fresh = new DjlEngine(1)) {
          assertEquals(before.get(0), fresh.run(spec, task, Monitor.NONE), file.toString());
          assertEquals(before.get(1), fresh.run(spec, score, Monitor.NONE), file.toString());
        }
        damaged += Files.mismatch(file, whole(file, content)) < 0 ? 1 : 0;
        Files.write(file, content);
      }
    }
    assertTrue(damaged > 10, damaged + " files were made again");
  }

  private static Path whole(Path file, byte[] content) throws IOException {
    return Files.write(file.resolveSibling("../whole"), content);
  }

  @Test
  void anExportInPartsWritesTheFilesOfTheUndividedOne() throws Exception {
    Task.Export export = new Task.Export(order.architecture(), child, List.of("name: small"));
    TaskResult whole = engine.run(spec, export, Monitor.NONE);
    assertEquals(whole, engine.run(spec, export.joining(parts(export)), Monitor.NONE));
    assertEquals(List.of(), ChildVerifier.verify(store.resolve("child")));
    assertTrue(Files.exists(store.resolve("child/model-00003-of-00003.safetensors")));
  }

  @Test
  void aDamagedPartOfAnExportIsWrittenAgainAlone() throws Exception {
    Task.Export export = new Task.Export(order.architecture(), child, List.of("name: small"));
    List<CheckpointRef> parts = parts(export);
    TaskResult whole = engine.run(spec, export.joining(parts), Monitor.NONE);
    Path first = store.resolve(parts.get(0).path());
    Path damaged = store.resolve(parts.get(1).path());
    Object before = Files.readAttributes(first, "unix:ino").get("ino");
    byte[] content = Files.readAllBytes(damaged);
    byte[] flipped = content.clone();
    flipped[flipped.length / 2] ^= 1;
    Files.write(damaged, flipped);
    assertEquals(whole, other.run(spec, export.joining(parts), Monitor.NONE));
    assertArrayEquals(content, Files.readAllBytes(damaged));
    assertEquals(before, Files.readAttributes(first, "unix:ino").get("ino"));
  }

  private CheckpointRef recorded(Task.Record task) throws TaskFailedException {
    return recorded(spec, task);
  }

  private CheckpointRef recorded(RunSpec of, Task.Record task) throws TaskFailedException {
    return ((TaskResult.Recorded) engine.run(of, task, Monitor.NONE)).recording();
  }

  /** What the parts of a task make, by two engines in turn, the last one first. */
  private List<CheckpointRef> parts(DivisibleTask whole) throws TaskFailedException {
    List<CheckpointRef> made = new ArrayList<>();
    for (int i = PARTS - 1; i >= 0; i--) {
      TaskPart part = new TaskPart(whole, new Part(i, PARTS, whole.unit(spec)));
      DjlEngine by = i % 2 == 0 ? engine : other;
      made.add(0, ((TaskResult.PartMade) by.run(spec, part, Monitor.NONE)).file());
    }
    return made;
  }
}
