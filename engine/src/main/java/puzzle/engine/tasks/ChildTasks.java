package puzzle.engine.tasks;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.WeightSource;
import puzzle.engine.gkd.GkdMemory;
import puzzle.engine.gkd.GkdStates;
import puzzle.engine.gkd.GlobalDistillation;
import puzzle.engine.gkd.TrainedChild;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.Residency;
import puzzle.engine.recording.Recording;
import puzzle.engine.recording.Recording.Split;
import puzzle.engine.safetensors.SafetensorsFolder;
import puzzle.engine.score.AssembledWeights;
import puzzle.engine.score.ModelEvaluator;
import puzzle.engine.score.Observed;
import puzzle.engine.store.Store;
import puzzle.engine.store.StorePaths;
import puzzle.model.Architecture;
import puzzle.model.CheckpointRef;
import puzzle.model.Part;
import puzzle.model.RunSpec;
import puzzle.model.Seeds;
import puzzle.model.Task;
import puzzle.model.TaskResult;

/**
 * Tasks on an assembled child: measuring it and GKD it.
 *
 * @param residency of children
 */
record ChildTasks(DeviceCache open, Residency residency) {

  /**
   * All rounds and shards draw the same order of sequences from this text; another text would heal
   * to another child.
   */
  private static final String ORDER_OF_SEQUENCES = "heal";

  TaskResult evaluate(RunSpec spec, Task.Evaluate task, Monitor monitor) {
    Store store = open.store(spec);
    Observed all =
        task.parts().isEmpty()
            ? observe(spec, task, new Part(0, 1, spec.scoring().batch()), monitor)
            : Observed.joined(
                task.parts().stream().map(store::verify).map(Observed::read).toList());
    ModelEvaluator.Quality quality = all.quality();
    return new TaskResult.Evaluated(
        quality.loss(),
        quality.kl(),
        open.config(spec).with(task.architecture()).params(),
        quality.measures());
  }

  TaskResult part(RunSpec spec, Task.Evaluate whole, Part part, Monitor monitor) {
    return new TaskResult.PartMade(
        open.store(spec)
            .put(
                StorePaths.observed(whole.label(), part),
                observe(spec, whole, part, monitor)::writeTo));
  }

  private Observed observe(RunSpec spec, Task.Evaluate task, Part part, Monitor monitor) {
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
      return ModelEvaluator.observe(
          model,
          open.parent(spec),
          recording,
          task.selecting() ? Split.SELECTION : Split.EVALUATION,
          spec.scoring(),
          open.benchmark(spec),
          part,
          monitor);
    }
  }

  TaskResult gkdRound(RunSpec spec, Task.GkdRound task, Monitor monitor) {
    WeightSource before = healed(spec, task.architecture(), task.layers(), task.from());
    try (TrainedChild child = trained(spec, task.architecture(), before)) {
      return gkd(spec, child, task.recording())
          .round(
              task.round(),
              task.shard(),
              task.rollbacks(),
              task.best(),
              before,
              states(spec),
              monitor);
    }
  }

  TaskResult heal(RunSpec spec, Task.Gkd task) {
    WeightSource last = healed(spec, task.architecture(), task.layers(), task.from());
    int rounds = spec.gkd().rounds();
    int steps = spec.gkd().stepsBefore(rounds);
    List<TaskResult.HeldOut> heldOut = List.of();
    if (spec.gkd().evaluatesBefore(rounds)) {
      try (TrainedChild child = trained(spec, task.architecture(), last)) {
        heldOut = gkd(spec, child, task.recording()).heldOutBefore(rounds, 0);
      }
    }
    TaskResult.HeldOut best = task.best();
    if (best != null && !heldOut.isEmpty()) {
      best = TaskResult.HeldOut.better(best, heldOut.get(0));
    }
    if (best == null || best.steps() == steps) {
      CheckpointRef child = states(spec).putHealed(last, config(spec, task.architecture()));
      return new TaskResult.Healed(child, steps, task.rollbacks(), heldOut);
    }
    CheckpointRef kept = best.child();
    if (kept == null) {
      WeightSource start = weights(spec, task.architecture(), task.layers());
      kept = states(spec).putChild(0, start, config(spec, task.architecture()));
    }
    CheckpointRef child = states(spec).putHealed(kept);
    return new TaskResult.Healed(child, best.steps(), task.rollbacks(), heldOut);
  }

  /** The mean of the states after a round; before the first one, the assembled child. */
  private WeightSource healed(
      RunSpec spec,
      Architecture architecture,
      List<Task.Weights> layers,
      List<CheckpointRef> states) {
    return states(spec).mean(states).orElseGet(() -> weights(spec, architecture, layers));
  }

  /** Writes the healed child again, from what is there; nothing if that is not enough. */
  Optional<CheckpointRef> putChild(RunSpec spec, Architecture architecture, CheckpointRef healed) {
    GkdStates states = states(spec);
    Optional<CheckpointRef> kept = states.kept(healed, spec.gkd().rounds());
    return kept.isPresent()
        ? kept.map(states::putHealed)
        : states
            .mean(states.after(spec.gkd().rounds() - 1, spec.gkd().shards()))
            .map(mean -> states.putHealed(mean, config(spec, architecture)));
  }

  private GkdStates states(RunSpec spec) {
    return new GkdStates(open.store(spec));
  }

  private DecoderConfig config(RunSpec spec, Architecture architecture) {
    return open.config(spec).with(architecture);
  }

  private GlobalDistillation gkd(RunSpec spec, TrainedChild child, CheckpointRef recording) {
    return new GlobalDistillation(
        open.parent(spec),
        child,
        spec.gkd(),
        Recording.open(open.store(spec), recording),
        Seeds.of(spec.seed(), ORDER_OF_SEQUENCES));
  }

  private Decoder assembled(RunSpec spec, Architecture architecture, List<Task.Weights> layers) {
    return residency.open(
        config(spec, architecture),
        weights(spec, architecture, layers),
        spec.corpus().sequenceTokens(),
        open.computesIn(spec));
  }

  private WeightSource weights(RunSpec spec, Architecture architecture, List<Task.Weights> layers) {
    SafetensorsFolder folder = SafetensorsFolder.open(Path.of(spec.parent()));
    return new AssembledWeights(config(spec, architecture), folder, open.store(spec), layers);
  }

  /** To be trained: in memory, or where that is too little in mapped files of the store. */
  private TrainedChild trained(RunSpec spec, Architecture architecture, WeightSource weights) {
    DecoderConfig config = config(spec, architecture);
    int positions = spec.corpus().sequenceTokens();
    return residency.trains(GkdMemory.whole(config, spec.gkd(), positions))
        ? TrainedChild.whole(Decoder.trainable(config, weights, positions, open.computesIn(spec)))
        : TrainedChild.mapped(
            config,
            weights,
            positions,
            open.computesIn(spec),
            open.store(spec).root().resolve(StorePaths.GKD));
  }
}
