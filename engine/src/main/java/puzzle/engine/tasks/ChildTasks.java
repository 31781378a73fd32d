package puzzle.engine.tasks;

import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.decoder.WeightSource;
import puzzle.engine.gkd.GkdStates;
import puzzle.engine.gkd.GlobalDistillation;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.Residency;
import puzzle.engine.nn.Tensors;
import puzzle.engine.recording.Recording;
import puzzle.engine.recording.Recording.Split;
import puzzle.engine.safetensors.ElementType;
import puzzle.engine.safetensors.SafetensorsFolder;
import puzzle.engine.score.AssembledWeights;
import puzzle.engine.score.ModelEvaluator;
import puzzle.engine.store.Store;
import puzzle.engine.store.StorePaths;
import puzzle.model.Architecture;
import puzzle.model.CheckpointRef;
import puzzle.model.RunSpec;
import puzzle.model.Seeds;
import puzzle.model.Task;
import puzzle.model.TaskResult;

/**
 * Tasks on an assembled child: measuring it and GKD it.
 *
 * @param residency of children that are measured; those that are trained are whole
 */
record ChildTasks(DeviceCache open, Residency residency) {

  /**
   * All rounds and shards draw the same order of sequences from this text; another text would heal
   * to another child.
   */
  private static final String ORDER_OF_SEQUENCES = "heal";

  TaskResult evaluate(RunSpec spec, Task.Evaluate task, Monitor monitor) {
    Store store = open.store(spec);
    Recording recording = Recording.open(store, task.recording());
    try (Decoder model =
        task.child() == null
            ? assembled(spec, task.architecture(), task.layers())
            : residency.open(
                open.config(spec).with(task.architecture()),
                store.safetensors(task.child()),
                spec.corpus().sequenceTokens(),
                open.computesIn(spec))) {
      ModelEvaluator.Quality quality =
          ModelEvaluator.evaluate(
              model,
              open.parent(spec),
              recording,
              task.selecting() ? Split.SELECTION : Split.EVALUATION,
              spec.scoring(),
              open.benchmark(spec),
              monitor);
      return new TaskResult.Evaluated(
          quality.loss(), quality.kl(), model.config().params(), quality.measures());
    }
  }

  TaskResult gkdRound(RunSpec spec, Task.GkdRound task, Monitor monitor) {
    WeightSource before = healed(spec, task.architecture(), task.layers(), task.from());
    try (Decoder child = load(spec, task.architecture(), before)) {
      return gkd(spec, child, task.recording())
          .round(task.round(), task.shard(), before, new GkdStates(open.store(spec)), monitor);
    }
  }

  TaskResult heal(RunSpec spec, Task.Gkd task) {
    WeightSource last = healed(spec, task.architecture(), task.layers(), task.from());
    try (Decoder child = load(spec, task.architecture(), last)) {
      return new TaskResult.Healed(
          put(spec, child),
          spec.gkd().stepsBefore(spec.gkd().rounds()),
          gkd(spec, child, task.recording()).heldOutBefore(spec.gkd().rounds(), 0));
    }
  }

  /** The mean of the states after a round; before the first one, the assembled child. */
  private WeightSource healed(
      RunSpec spec,
      Architecture architecture,
      List<Task.Weights> layers,
      List<CheckpointRef> states) {
    return new GkdStates(open.store(spec))
        .mean(states)
        .orElseGet(() -> weights(spec, architecture, layers));
  }

  /** Writes the child that the states of the last round give. */
  CheckpointRef putChild(RunSpec spec, Architecture architecture, List<CheckpointRef> states) {
    try (Decoder child = load(spec, architecture, healed(spec, architecture, List.of(), states))) {
      return put(spec, child);
    }
  }

  private CheckpointRef put(RunSpec spec, Decoder child) {
    return open.store(spec)
        .put(
            StorePaths.CHILD,
            Tensors.writer(ElementType.BF16, new TreeMap<>(child.parameters()))::writeTo);
  }

  private GlobalDistillation gkd(RunSpec spec, Decoder child, CheckpointRef recording) {
    return new GlobalDistillation(
        open.parent(spec),
        child,
        spec.gkd(),
        Recording.open(open.store(spec), recording),
        Seeds.of(spec.seed(), ORDER_OF_SEQUENCES));
  }

  private Decoder assembled(RunSpec spec, Architecture architecture, List<Task.Weights> layers) {
    return residency.open(
        open.config(spec).with(architecture),
        weights(spec, architecture, layers),
        spec.corpus().sequenceTokens(),
        open.computesIn(spec));
  }

  private WeightSource weights(RunSpec spec, Architecture architecture, List<Task.Weights> layers) {
    SafetensorsFolder folder = SafetensorsFolder.open(Path.of(spec.parent()));
    return new AssembledWeights(
        open.config(spec).with(architecture), folder, open.store(spec), layers);
  }

  /** All in memory, to be trained. */
  private Decoder load(RunSpec spec, Architecture architecture, WeightSource weights) {
    return Decoder.trainable(
        open.config(spec).with(architecture),
        weights,
        spec.corpus().sequenceTokens(),
        open.computesIn(spec));
  }
}
