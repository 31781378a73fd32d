package puzzle.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TaskKeyTest {

  private static final Block BLOCK = Block.parse("kv-4+ffn-320");
  private static final Workload WORKLOAD = new Workload(4, 64, 16, DType.FP32, DType.FP32, 1);

  /** Keys stand in journals: they must not change. */
  @Test
  void everyTaskHasTheKeyThatItsFunctionMakes() {
    Architecture one = Architecture.uniform(BLOCK, 1);
    assertEquals("record", new Task.Record().key());
    Part part = new Part(2, 3, 1);
    Task.Evaluate evaluate = new Task.Evaluate("child", one, null, null, null);
    assertEquals("record/tokens", new Task.Tokenize().key());
    assertEquals("record/2", new TaskPart(new Task.Record(), part).key());
    assertEquals("evaluate/child/2", new TaskPart(evaluate, part).key());
    assertEquals("export/2", new TaskPart(new Task.Export(one, null, null), part).key());
    assertEquals("bld/3/kv-4", new Task.Bld(3, BLOCK.attention(), null).key());
    assertEquals("bld/3/kv-4", Task.Bld.key(3, BLOCK.attention()));
    assertEquals("bld/3/kv-4+ffn-320", new Task.BldBlock(3, BLOCK, null, null).key());
    assertEquals("score/3/kv-4+ffn-320", Task.ScoreBlock.key(3, BLOCK, false));
    assertEquals(
        "score/3/kv-4+ffn-320/coupled", new Task.ScoreBlock(3, BLOCK, true, null, null).key());
    assertEquals("profile/" + WORKLOAD.name(), new Task.Profile(WORKLOAD).key());
    assertEquals("measure/" + WORKLOAD.name(), new Task.Measure(WORKLOAD, List.of(one)).key());
    assertEquals("evaluate/child", evaluate.key());
    assertEquals(
        "gkd/1/0", new Task.GkdRound(one, List.of(), null, 1, 0, List.of(), 0, null).key());
    assertEquals("gkd", new Task.Gkd(one, List.of(), null, List.of(), 0, null).key());
    assertEquals("export", new Task.Export(one, null, null).key());
  }

  @Test
  void noTwoTasksOfALayerShareAKey() {
    SearchSpace space = SearchSpace.standard(8, 640, 1);
    Set<String> keys = new HashSet<>();
    int tasks = 0;
    for (Variant variant : space.variants()) {
      keys.add(Task.Bld.key(0, variant));
      tasks++;
    }
    for (Block block : space.blocks()) {
      keys.add(Task.BldBlock.key(0, block));
      keys.add(Task.ScoreBlock.key(0, block, false));
      keys.add(Task.ScoreBlock.key(0, block, true));
      tasks += 3;
    }
    assertEquals(tasks, keys.size());
  }
}
