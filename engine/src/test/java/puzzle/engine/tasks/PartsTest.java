package puzzle.engine.tasks;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
  private Task.Gkd order;
  private CheckpointRef child;

  @BeforeAll
  void healAChild(@TempDir Path folder) throws Exception {
    spec = SmallRun.in(folder).with(s -> s.parts = new RunSpec.Parts(PARTS, PARTS, PARTS));
    store = Path.of(spec.store());
    CheckpointRef recording =
        ((TaskResult.Recorded) engine.run(spec, new Task.Record(), Monitor.NONE)).recording();
    order = SmallRun.heal(engine, spec, SMALL, recording);
    child = ((TaskResult.Healed) engine.run(spec, order, Monitor.NONE)).child();
  }

  @AfterAll
  void close() {
    engine.close();
    other.close();
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
