package puzzle.engine.tasks;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.store.Store;
import puzzle.engine.store.StorePaths;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.CheckpointRef;
import puzzle.model.DivisibleTask;
import puzzle.model.Part;
import puzzle.model.RunSpec;
import puzzle.model.Task;
import puzzle.model.TaskPart;
import puzzle.model.TaskResult;

/**
 * Makes files of the store again that are missing or damaged. A task gives the same bits whoever
 * does it, so whoever needs a file can make it, and the SHA-256 of its reference says whether it
 * came out right. What comes out differently, or cannot be made from what a task names, is left to
 * the owners of the tasks.
 *
 * @param task that needs the files
 * @param tried files that are not made twice
 */
record Repair(DjlEngine engine, RunSpec spec, Task task, Set<CheckpointRef> tried) {

  /** True if the file is whole again; false too where that was tried before. */
  boolean make(CheckpointRef damaged, Monitor monitor) {
    if (!tried.add(damaged)) {
      return false;
    }
    if (task instanceof DivisibleTask join && join.parts().contains(damaged)) {
      return part(join, damaged, monitor);
    }
    if (StorePaths.isRecording(damaged.path()) && spec.parts().recording() > 1) {
      return ofRecording(damaged, monitor);
    }
    if (StorePaths.isRecording(damaged.path())) {
      return task.recording() != null
          && engine.perform(spec, new Task.Record(), monitor) instanceof TaskResult.Recorded made
          && made.recording().equals(task.recording());
    }
    if (damaged.path().equals(StorePaths.CHILD)) {
      return engine
          .putChild(spec, task.architecture(), damaged)
          .filter(damaged::equals)
          .isPresent();
    }
    return task.recording() != null
        && blocks().entrySet().stream()
            .flatMap(layer -> trainings(layer.getKey(), layer.getValue()))
            .filter(bld -> path(bld).equals(damaged.path()))
            .anyMatch(
                bld ->
                    engine.perform(spec, bld, monitor) instanceof TaskResult.Trained made
                        && made.weights().equals(damaged));
  }

  /** Of what a task joins, a part is made again alone. */
  private boolean part(DivisibleTask join, CheckpointRef damaged, Monitor monitor) {
    int count = join.parts().size();
    Part part = new Part(join.parts().indexOf(damaged), count, join.unit(spec));
    TaskResult made = engine.perform(spec, new TaskPart(join.joining(List.of()), part), monitor);
    return made.equals(new TaskResult.PartMade(damaged));
  }

  /**
   * A file of a recording that was made in parts: its own part is done again, or the tokens that
   * all parts share are taken again, or the parts are joined again.
   */
  private boolean ofRecording(CheckpointRef damaged, Monitor monitor) {
    Store store = Store.open(Path.of(spec.store()));
    CheckpointRef tokens = store.found(StorePaths.recorded(StorePaths.TOKENS)).orElse(null);
    if (damaged.path().equals(StorePaths.recorded(StorePaths.TOKENS)) || tokens == null) {
      return engine
          .perform(spec, new Task.Tokenize(), monitor)
          .equals(new TaskResult.PartMade(damaged));
    }
    Task.Record whole = new Task.Record(tokens, List.of());
    List<CheckpointRef> made = new ArrayList<>();
    int count = spec.parts().recording();
    for (int i = 0; i < count; i++) {
      Part part = new Part(i, count, whole.unit(spec));
      if (StorePaths.isOf(part, damaged.path())) {
        engine.perform(spec, new TaskPart(whole, part), monitor);
        return store.found(damaged.path()).equals(Optional.of(damaged));
      }
      store.found(StorePaths.recordedShare(part)).ifPresent(made::add);
    }
    return made.size() == count
        && engine.perform(spec, whole.joining(made), monitor) instanceof TaskResult.Recorded
        && store.found(damaged.path()).equals(Optional.of(damaged));
  }

  private static String path(Task.Bld bld) {
    return StorePaths.trained(bld.layer(), bld.variant().name());
  }

  /** The trainings whose results the block's weights may be; not those of whole blocks. */
  private Stream<Task.Bld> trainings(int layer, Block block) {
    return Stream.of(block.attention(), block.ffn())
        .map(variant -> new Task.Bld(layer, variant, task.recording()));
  }

  /** The blocks whose weights the task reads, by layer. */
  private Map<Integer, Block> blocks() {
    if (task instanceof Task.ScoreBlock t) {
      return Map.of(t.layer(), t.block());
    } else if (task instanceof Task.BldBlock t) {
      return Map.of(t.layer(), t.block());
    }
    Map<Integer, Block> blocks = new TreeMap<>();
    Architecture architecture = task.architecture();
    for (int layer = 0; architecture != null && layer < architecture.layers(); layer++) {
      blocks.put(layer, architecture.block(layer));
    }
    return blocks;
  }
}
