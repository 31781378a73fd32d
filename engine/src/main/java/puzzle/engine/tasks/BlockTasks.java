package puzzle.engine.tasks;

import java.util.ArrayList;
import java.util.List;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.bld.BlockDistillation;
import puzzle.engine.bld.TrainingCheckpoint;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.SubblockWeights;
import puzzle.engine.recording.Recording;
import puzzle.engine.safetensors.SafetensorsFile;
import puzzle.engine.score.SuffixScorer;
import puzzle.engine.store.Store;
import puzzle.engine.store.StorePaths;
import puzzle.engine.surgery.Initialisation;
import puzzle.model.Block;
import puzzle.model.CheckpointRef;
import puzzle.model.RunSpec;
import puzzle.model.Seeds;
import puzzle.model.Subblock;
import puzzle.model.Task;
import puzzle.model.TaskResult;
import puzzle.model.Variant;

/** Tasks on one block of one layer: training a variant or a pair, and scoring one. */
record BlockTasks(DeviceCache open) {

  TaskResult bld(RunSpec spec, Task.Bld task, Monitor monitor) {
    try (Training training =
        new Training(spec, task, task.layer(), task.variant().name(), task.recording())) {
      SubblockWeights child = training.begin(task.variant());
      return training.keep(training.distillation.run(child, training.seed, monitor));
    }
  }

  TaskResult bld(RunSpec spec, Task.BldBlock task, Monitor monitor) {
    try (Training training =
        new Training(spec, task, task.layer(), task.block().name(), task.recording())) {
      for (Variant variant : List.of(task.block().attention(), task.block().ffn())) {
        boolean attention = variant.subblock() == Subblock.ATTENTION;
        CheckpointRef start =
            task.start() == null ? null : attention ? task.start().attention() : task.start().ffn();
        if (start != null) {
          training.resume(variant, start);
        } else {
          SubblockWeights half = training.begin(variant);
          if (variant.kind() == Variant.Kind.LINEAR) {
            training.distillation.scale(half);
          }
        }
      }
      List<SubblockWeights> halves = training.halves;
      return training.keep(
          training.distillation.run(halves.get(0), halves.get(1), training.seed, monitor));
    }
  }

  /** What both kinds of training begin and end with. Closing it frees the weights. */
  private final class Training implements AutoCloseable {
    private final Store store;
    private final Decoder model;
    private final Recording recording;
    private final int layer;
    private final String name;
    private final long seed;
    private final TrainingCheckpoint checkpoint;
    private final BlockDistillation distillation;
    private final List<SubblockWeights> halves = new ArrayList<>();
    private String how;

    /**
     * @param name of the variant, or of the block that is trained as a whole
     */
    Training(RunSpec spec, Task task, int layer, String name, CheckpointRef recorded) {
      this.store = open.store(spec);
      this.model = open.parent(spec);
      this.recording = Recording.open(store, recorded);
      this.layer = layer;
      this.name = name;
      // Never another text: it would train other weights.
      this.seed = Seeds.of(spec.seed(), "distil/" + layer + "/" + name);
      // A training resumes from a state of the same task with the same settings only.
      this.checkpoint =
          new TrainingCheckpoint(store, layer, name, task + " " + spec.bld() + " " + seed);
      this.distillation =
          new BlockDistillation(model, layer, spec.bld(), recording).keeping(checkpoint);
    }

    /** The better beginning of a variant, made from the parent's weights. */
    SubblockWeights begin(Variant variant) {
      Initialisation initialisation =
          new Initialisation(
              model.config(),
              model.weights(layer, variant.subblock()),
              variant.subblock() == Subblock.FFN
                  ? recording.contribution(layer)
                  : recording.headContribution(layer));
      BlockDistillation.Beginning beginning = distillation.begin(initialisation, variant);
      halves.add(beginning.weights());
      how = beginning.how() == null ? how : beginning.how();
      return beginning.weights();
    }

    /** Takes what an earlier training left. */
    void resume(Variant variant, CheckpointRef file) {
      halves.add(replacement(store, model, layer, variant, file));
    }

    /** Keeps what was trained as one file of the library. */
    TaskResult keep(BlockDistillation.Outcome outcome) {
      CheckpointRef file =
          store.put(
              StorePaths.trained(layer, name), SubblockWeights.writer(layer, halves)::writeTo);
      checkpoint.discard();
      return new TaskResult.Trained(
          file,
          outcome.lossBefore(),
          outcome.lossAfter(),
          outcome.steps(),
          outcome.rollbacks(),
          how);
    }

    @Override
    public void close() {
      halves.forEach(SubblockWeights::close);
    }
  }

  TaskResult score(RunSpec spec, Task.ScoreBlock task, Monitor monitor) {
    Store store = open.store(spec);
    Decoder model = open.parent(spec);
    Block block = task.block();
    SubblockWeights attention =
        replacement(store, model, task.layer(), block.attention(), task.weights().attention());
    SubblockWeights ffn =
        replacement(store, model, task.layer(), block.ffn(), task.weights().ffn());
    try {
      Recording recording = Recording.open(store, task.recording());
      return new TaskResult.BlockScored(
          new SuffixScorer(model, recording, spec.scoring(), open.benchmark(spec))
              .score(task.layer(), attention, ffn, monitor));
    } finally {
      if (attention != null) {
        attention.close();
      }
      if (ffn != null) {
        ffn.close();
      }
    }
  }

  /** The variant's weights, or null if it is the parent's own. */
  private static SubblockWeights replacement(
      Store store, Decoder model, int layer, Variant variant, CheckpointRef file) {
    if (variant.equals(model.config().architecture().block(layer).get(variant.subblock()))) {
      return null;
    }
    SafetensorsFile weights = variant.isNoOp() ? null : store.safetensors(file);
    return model.read(layer, variant, weights);
  }
}
