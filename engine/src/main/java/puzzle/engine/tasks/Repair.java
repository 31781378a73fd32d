package puzzle.engine.tasks;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.model.Architecture;
import puzzle.model.CheckpointRef;
import puzzle.model.RunSpec;
import puzzle.model.Sha256;
import puzzle.model.Task;
import puzzle.model.TaskResult;
import puzzle.model.Variant;

/**
 * Makes files of the store again that are missing or damaged. A task gives the same bits whoever
 * does it, so whoever needs a file can make it, and the SHA-256 of its reference says whether it
 * came out right. What comes out differently, or cannot be made from what a task names, is left to
 * the owners of the tasks.
 */
final class Repair {

  private static final String RECORDING = "recording/";
  private static final String CHILD = "gkd/child.safetensors";
  private static final Pattern VARIANT =
      Pattern.compile("library/layer-(\\d+)/([^+/]+)\\.safetensors");

  private final DjlEngine engine;
  private final RunSpec spec;
  private final Task task;
  private final Set<CheckpointRef> tried = new HashSet<>();

  /**
   * @param task that needs the files
   */
  Repair(DjlEngine engine, RunSpec spec, Task task) {
    this.engine = engine;
    this.spec = spec;
    this.task = task;
  }

  /** True where the file is whole again; false too where that was tried before. */
  boolean make(CheckpointRef damaged, Monitor monitor) {
    if (!tried.add(damaged)) {
      return false;
    }
    Matcher variant = VARIANT.matcher(damaged.path());
    if (damaged.path().startsWith(RECORDING)) {
      return recording() != null
          && engine.perform(spec, new Task.Record(), monitor) instanceof TaskResult.Recorded made
          && made.recording().equals(recording());
    }
    if (variant.matches()) {
      Task.Bld bld =
          new Task.Bld(
              Integer.parseInt(variant.group(1)), Variant.parse(variant.group(2)), recording());
      return recording() != null
          && engine.perform(spec, bld, monitor) instanceof TaskResult.Trained made
          && made.weights().equals(damaged);
    }
    return damaged.path().equals(CHILD) && child(damaged);
  }

  /** From the states of the last round, whose references the task does not have. */
  private boolean child(CheckpointRef damaged) {
    TreeSet<String> last = new TreeSet<>();
    String round = "round-%05d-*".formatted(spec.gkd().rounds() - 1);
    Path folder = Path.of(spec.store());
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder.resolve("gkd"), round)) {
      files.forEach(file -> last.add("gkd/" + file.getFileName()));
      List<CheckpointRef> states = new ArrayList<>();
      for (String path : last) {
        Path file = folder.resolve(path);
        states.add(new CheckpointRef(path, Files.size(file), Sha256.of(file)));
      }
      return states.size() == spec.gkd().shards()
          && engine.putChild(spec, architecture(), states).equals(damaged);
    } catch (IOException e) {
      return false;
    }
  }

  private Architecture architecture() {
    return task instanceof Task.Evaluate evaluate
        ? evaluate.architecture()
        : ((Task.Export) task).architecture();
  }

  private CheckpointRef recording() {
    if (task instanceof Task.Bld t) {
      return t.recording();
    } else if (task instanceof Task.BldBlock t) {
      return t.recording();
    } else if (task instanceof Task.ScoreBlock t) {
      return t.recording();
    } else if (task instanceof Task.Evaluate t) {
      return t.recording();
    } else if (task instanceof Task.GkdRound t) {
      return t.recording();
    } else if (task instanceof Task.Gkd t) {
      return t.recording();
    }
    return null;
  }
}
