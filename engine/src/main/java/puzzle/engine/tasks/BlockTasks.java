package puzzle.engine.tasks;

import java.util.ArrayList;
import java.util.List;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.bld.BlockDistillation;
import puzzle.engine.bld.TrainingCheckpoint;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.SubblockWeights;
import puzzle.engine.nn.Tensors;
import puzzle.engine.recording.Recording;
import puzzle.engine.safetensors.ElementType;
import puzzle.engine.safetensors.SafetensorsFile;
import puzzle.engine.safetensors.SafetensorsWriter;
import puzzle.engine.score.SuffixScorer;
import puzzle.engine.store.Store;
import puzzle.engine.surgery.Initialisation;
import puzzle.model.Block;
import puzzle.model.CheckpointRef;
import puzzle.model.RunSpec;
import puzzle.model.Subblock;
import puzzle.model.Task;
import puzzle.model.TaskResult;
import puzzle.model.Variant;

/** Tasks on one block of one layer: training a variant or a pair, and scoring one. */
final class BlockTasks {

  private final DeviceCache open;

  BlockTasks(DeviceCache open) {
    this.open = open;
  }

  TaskResult bld(RunSpec spec, Task.Bld task, Monitor monitor) {
    Decoder model = open.parent(spec);
    Recording recording = Recording.open(open.store(spec), task.recording());
    TrainingCheckpoint checkpoint = checkpoint(spec, task.layer(), task.variant().name(), task);
    BlockDistillation distillation =
        new BlockDistillation(model, task.layer(), spec.bld(), recording).keeping(checkpoint);
    BlockDistillation.Beginning beginning =
        distillation.begin(
            initialisation(model, recording, task.layer(), task.variant()), task.variant());
    SubblockWeights child = beginning.weights();
    try {
      BlockDistillation.Outcome outcome =
          distillation.run(child, seed(spec, task.layer(), task.variant().name()), monitor);
      CheckpointRef file = keep(spec, task.layer(), task.variant().name(), List.of(child));
      checkpoint.discard();
      return trained(file, outcome, beginning.how());
    } finally {
      child.close();
    }
  }

  TaskResult bld(RunSpec spec, Task.BldBlock task, Monitor monitor) {
    Decoder model = open.parent(spec);
    Recording recording = Recording.open(open.store(spec), task.recording());
    TrainingCheckpoint checkpoint = checkpoint(spec, task.layer(), task.block().name(), task);
    BlockDistillation distillation =
        new BlockDistillation(model, task.layer(), spec.bld(), recording).keeping(checkpoint);
    List<SubblockWeights> halves = new ArrayList<>();
    String how = null;
    try {
      for (Variant variant : List.of(task.block().attention(), task.block().ffn())) {
        boolean attention = variant.subblock() == Subblock.ATTENTION;
        CheckpointRef start =
            task.start() == null ? null : attention ? task.start().attention() : task.start().ffn();
        if (start != null) {
          halves.add(replacement(open.store(spec), model, task.layer(), variant, start));
          continue;
        }
        BlockDistillation.Beginning beginning =
            distillation.begin(initialisation(model, recording, task.layer(), variant), variant);
        halves.add(beginning.weights());
        how = beginning.how() == null ? how : beginning.how();
        if (variant.form() == Variant.Form.LINEAR) {
          distillation.scale(beginning.weights());
        }
      }
      BlockDistillation.Outcome outcome =
          distillation.run(
              halves.get(0), halves.get(1), seed(spec, task.layer(), task.block().name()), monitor);
      CheckpointRef file = keep(spec, task.layer(), task.block().name(), halves);
      checkpoint.discard();
      return trained(file, outcome, how);
    } finally {
      halves.forEach(SubblockWeights::close);
    }
  }

  /** Depends on a text that never changes, for another text would train other weights. */
  private static long seed(RunSpec spec, int layer, String name) {
    return DjlEngine.seed(spec, "bld/" + layer + "/" + name);
  }

  /** A training goes on from a state of the same task with the same settings only. */
  private TrainingCheckpoint checkpoint(RunSpec spec, int layer, String name, Task task) {
    return new TrainingCheckpoint(
        open.store(spec),
        libraryPath(layer, name),
        task + " " + spec.bld() + " " + seed(spec, layer, name));
  }

  private static Initialisation initialisation(
      Decoder model, Recording recording, int layer, Variant variant) {
    return new Initialisation(
        model.config(),
        model.weights(layer, variant.subblock()),
        variant.subblock() == Subblock.FFN
            ? recording.contribution(layer)
            : recording.headContribution(layer));
  }

  /** Keeps what was trained as one file of the library. */
  private CheckpointRef keep(RunSpec spec, int layer, String name, List<SubblockWeights> halves) {
    SafetensorsWriter writer = new SafetensorsWriter(ElementType.F32);
    String prefix = SubblockWeights.prefix(layer);
    for (SubblockWeights half : halves) {
      half.arrays()
          .forEach(
              (array, values) ->
                  writer.add(
                      prefix + array, values.getShape().getShape(), () -> Tensors.read(values)));
    }
    return open.store(spec).put(libraryPath(layer, name) + ".safetensors", writer::writeTo);
  }

  private static String libraryPath(int layer, String name) {
    return "library/layer-%03d/%s".formatted(layer, name);
  }

  private static TaskResult trained(
      CheckpointRef file, BlockDistillation.Outcome outcome, String how) {
    return new TaskResult.Trained(
        file, outcome.lossBefore(), outcome.lossAfter(), outcome.steps(), outcome.rollbacks(), how);
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

  /** The variant's weights, or null where it is the parent's own. */
  private static SubblockWeights replacement(
      Store store, Decoder model, int layer, Variant variant, CheckpointRef file) {
    if (variant.equals(model.config().parentBlock().get(variant.subblock()))) {
      return null;
    }
    SafetensorsFile weights = variant.form() == Variant.Form.NO_OP ? null : store.safetensors(file);
    return SubblockWeights.load(model.manager(), model.config(), layer, variant, weights);
  }
}
