package puzzle.engine;

import ai.djl.engine.EngineException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import puzzle.engine.checkpoint.CorruptArtefactException;
import puzzle.engine.checkpoint.ElementType;
import puzzle.engine.checkpoint.ModelFolder;
import puzzle.engine.checkpoint.SafetensorsFile;
import puzzle.engine.checkpoint.SafetensorsFolder;
import puzzle.engine.checkpoint.SafetensorsWriter;
import puzzle.engine.checkpoint.StorageException;
import puzzle.engine.checkpoint.Store;
import puzzle.engine.checkpoint.WeightSource;
import puzzle.engine.data.Tokenizer;
import puzzle.engine.distil.BlockDistillation;
import puzzle.engine.distil.CorpusSplits;
import puzzle.engine.distil.DivergedException;
import puzzle.engine.distil.Recorder;
import puzzle.engine.distil.Recording;
import puzzle.engine.distil.Recording.Split;
import puzzle.engine.distil.TrainingCheckpoint;
import puzzle.engine.kd.GlobalDistillation;
import puzzle.engine.kd.HealingStates;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.DecoderConfig;
import puzzle.engine.nn.Residency;
import puzzle.engine.nn.SubblockWeights;
import puzzle.engine.nn.Tensors;
import puzzle.engine.profile.LiveProfiler;
import puzzle.engine.profile.ModelSpeed;
import puzzle.engine.profile.ProfiledCosts;
import puzzle.engine.score.AssembledWeights;
import puzzle.engine.score.ModelEvaluator;
import puzzle.engine.score.SuffixScorer;
import puzzle.engine.score.TaskScore;
import puzzle.engine.score.Tasks;
import puzzle.engine.surgery.Initialisation;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.CheckpointRef;
import puzzle.model.Failure;
import puzzle.model.RunSpec;
import puzzle.model.Subblock;
import puzzle.model.Task;
import puzzle.model.TaskResult;
import puzzle.model.Variant;

/**
 * The engine on PyTorch through DJL. Keeps the parent loaded between tasks; everything else a task
 * needs it reads from the store.
 */
public final class DjlEngine implements BlockEngine {

  private static final String CHILD_FOLDER = "child";

  /** All rounds and shards of a healing draw the same order of sequences. */
  private static final String HEALING_KEY = "heal";

  private final int threads;
  private final Residency residency;
  private String openedStore;
  private Store store;
  private String loadedParent;
  private List<String> openedTask;
  private TaskScore task;
  private Decoder parent;

  /**
   * @param threads of one operation
   */
  public DjlEngine(int threads) {
    this(threads, Residency.told());
  }

  /**
   * @param residency of parents, and of models that are measured; those that are trained are whole
   */
  public DjlEngine(int threads, Residency residency) {
    this.threads = threads;
    this.residency = residency;
  }

  @Override
  public TaskResult run(RunSpec spec, Task task, Monitor monitor) throws TaskFailedException {
    Tensors.threads(threads);
    Repair repair = new Repair(this, spec, task);
    try {
      while (true) {
        try {
          return perform(spec, task, monitor);
        } catch (CorruptArtefactException e) {
          if (!repair.make(e.expected(), monitor)) {
            throw e;
          }
        }
      }
    } catch (CancellationException e) {
      throw e;
    } catch (RuntimeException | OutOfMemoryError e) {
      throw new TaskFailedException(kind(e), task.key() + ": " + e.getMessage(), e);
    }
  }

  TaskResult perform(RunSpec spec, Task task, Monitor monitor) {
    if (task instanceof Task.Record) {
      return record(spec, monitor);
    } else if (task instanceof Task.Distil distil) {
      return distil(spec, distil, monitor);
    } else if (task instanceof Task.DistilBlock distil) {
      return distil(spec, distil, monitor);
    } else if (task instanceof Task.Profile profile) {
      return profile(spec, profile, monitor);
    } else if (task instanceof Task.ScoreBlock score) {
      return score(spec, score, monitor);
    } else if (task instanceof Task.Evaluate evaluate) {
      return evaluate(spec, evaluate, monitor);
    } else if (task instanceof Task.Measure measure) {
      return measure(spec, measure, monitor);
    } else if (task instanceof Task.HealRound round) {
      return healRound(spec, round, monitor);
    } else if (task instanceof Task.Heal heal) {
      return heal(spec, heal);
    } else if (task instanceof Task.Export export) {
      return export(spec, export);
    }
    throw new IllegalArgumentException("unknown task " + task);
  }

  @Override
  public void close() {
    if (parent != null) {
      parent.close();
      parent = null;
      loadedParent = null;
    }
  }

  private TaskResult record(RunSpec spec, Monitor monitor) {
    Map<Split, int[][]> tokens = CorpusSplits.read(spec, config(spec).vocabSize());
    TaskScore task = task(spec);
    if (task != null) {
      int length = spec.corpus().sequenceTokens() + 1;
      tokens.put(Split.TASK, Tasks.padded(task, length, config(spec).vocabSize()));
    }
    return new Recorder(
            store(spec),
            parent(spec),
            spec.scoring().batch(),
            spec.bld().safeguards().tapeBytes(),
            tokens)
        .run(monitor);
  }

  private TaskResult distil(RunSpec spec, Task.Distil task, Monitor monitor) {
    Decoder model = parent(spec);
    Recording recording = Recording.open(store(spec), task.recording());
    RunSpec.Distillation settings = settings(spec, task.microBatch());
    TrainingCheckpoint checkpoint = checkpoint(spec, task.layer(), task.variant().name(), task);
    BlockDistillation distillation =
        new BlockDistillation(model, task.layer(), settings, recording).keeping(checkpoint);
    BlockDistillation.Beginning beginning =
        distillation.begin(
            initialisation(model, recording, task.layer(), task.variant()), task.variant());
    SubblockWeights child = beginning.weights();
    try {
      BlockDistillation.Outcome outcome = distillation.run(child, seed(spec, task), monitor);
      CheckpointRef file = keep(spec, task.layer(), task.variant().name(), List.of(child));
      checkpoint.discard();
      return distilled(file, outcome, beginning.how());
    } finally {
      child.close();
    }
  }

  private TaskResult distil(RunSpec spec, Task.DistilBlock task, Monitor monitor) {
    Decoder model = parent(spec);
    Recording recording = Recording.open(store(spec), task.recording());
    RunSpec.Distillation settings = settings(spec, task.microBatch());
    TrainingCheckpoint checkpoint = checkpoint(spec, task.layer(), task.block().name(), task);
    BlockDistillation distillation =
        new BlockDistillation(model, task.layer(), settings, recording).keeping(checkpoint);
    List<SubblockWeights> halves = new ArrayList<>();
    String how = null;
    try {
      for (Variant variant : List.of(task.block().attention(), task.block().ffn())) {
        boolean attention = variant.subblock() == Subblock.ATTENTION;
        CheckpointRef start =
            task.start() == null ? null : attention ? task.start().attention() : task.start().ffn();
        if (start != null) {
          halves.add(replacement(store(spec), model, task.layer(), variant, start));
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
          distillation.run(halves.get(0), halves.get(1), seed(spec, task), monitor);
      CheckpointRef file = keep(spec, task.layer(), task.block().name(), halves);
      checkpoint.discard();
      return distilled(file, outcome, how);
    } finally {
      halves.forEach(SubblockWeights::close);
    }
  }

  /** The run's, or with fewer sequences per pass where the task says so. */
  private static RunSpec.Distillation settings(RunSpec spec, int microBatch) {
    return microBatch == 0
        ? spec.bld()
        : spec.bld().with(spec.bld().safeguards().withMicroBatch(microBatch));
  }

  /** A training goes on from a state of the same task with the same settings only. */
  private TrainingCheckpoint checkpoint(RunSpec spec, int layer, String name, Task task) {
    return new TrainingCheckpoint(
        store(spec), libraryPath(layer, name), task + " " + spec.bld() + " " + seed(spec, task));
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
  private CheckpointRef keep(RunSpec spec, int layer, String name, List<SubblockWeights> trained) {
    SafetensorsWriter writer = new SafetensorsWriter(ElementType.F32);
    String prefix = SubblockWeights.prefix(layer);
    for (SubblockWeights half : trained) {
      half.arrays()
          .forEach(
              (array, values) ->
                  writer.add(
                      prefix + array, values.getShape().getShape(), () -> Tensors.read(values)));
    }
    return store(spec).put(libraryPath(layer, name) + ".safetensors", writer::writeTo);
  }

  private static String libraryPath(int layer, String name) {
    return "library/layer-%03d/%s".formatted(layer, name);
  }

  private static TaskResult distilled(
      CheckpointRef file, BlockDistillation.Outcome outcome, String how) {
    return new TaskResult.Distilled(
        file, outcome.lossBefore(), outcome.lossAfter(), outcome.steps(), outcome.rollbacks(), how);
  }

  private TaskResult score(RunSpec spec, Task.ScoreBlock task, Monitor monitor) {
    Store store = store(spec);
    Decoder model = parent(spec);
    Block block = task.block();
    SubblockWeights attention =
        replacement(store, model, task.layer(), block.attention(), task.weights().attention());
    SubblockWeights ffn =
        replacement(store, model, task.layer(), block.ffn(), task.weights().ffn());
    try {
      Recording recording = Recording.open(store, task.recording());
      return new TaskResult.BlockScored(
          new SuffixScorer(model, recording, spec.scoring(), task(spec))
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

  private TaskResult evaluate(RunSpec spec, Task.Evaluate task, Monitor monitor) {
    Store store = store(spec);
    Recording recording = Recording.open(store, task.recording());
    try (Decoder model =
        task.child() == null
            ? assembled(spec, task.architecture(), task.layers())
            : residency.open(
                config(spec).with(task.architecture()),
                store.safetensors(task.child()),
                spec.corpus().sequenceTokens())) {
      ModelEvaluator.Quality quality =
          ModelEvaluator.evaluate(
              model,
              recording,
              task.selecting() ? Split.SELECTION : Split.EVALUATION,
              spec.scoring(),
              task(spec),
              monitor);
      return new TaskResult.Evaluated(
          quality.loss(), quality.kl(), model.config().params(), quality.measures());
    }
  }

  /** On hardware that is not here, costs come from its profile and take no device time. */
  private TaskResult profile(RunSpec spec, Task.Profile task, Monitor monitor) {
    return spec.target().measuredLocally()
        ? new LiveProfiler(config(spec), task.workload(), spec.profiling())
            .profile(spec.space(), monitor)
        : ProfiledCosts.of(spec).profile(spec.space(), task.workload());
  }

  private TaskResult measure(RunSpec spec, Task.Measure task, Monitor monitor) {
    if (!spec.target().measuredLocally()) {
      return ProfiledCosts.of(spec).measure(task.architectures(), task.workload());
    }
    try (ModelSpeed speed = new ModelSpeed(config(spec), task.architectures(), task.workload())) {
      return new TaskResult.Measured(
          task.workload(), speed.measure(spec.profiling(), monitor), TaskResult.MEASURED);
    }
  }

  private TaskResult healRound(RunSpec spec, Task.HealRound task, Monitor monitor) {
    WeightSource before = healed(spec, task.architecture(), task.layers(), task.from());
    try (Decoder child = load(spec, task.architecture(), before)) {
      return healing(spec, child, task.recording())
          .round(task.round(), task.shard(), before, new HealingStates(store(spec)), monitor);
    }
  }

  private TaskResult heal(RunSpec spec, Task.Heal task) {
    WeightSource last = healed(spec, task.architecture(), task.layers(), task.from());
    try (Decoder child = load(spec, task.architecture(), last)) {
      return new TaskResult.Healed(
          put(spec, child),
          spec.gkd().stepsBefore(spec.gkd().rounds()),
          healing(spec, child, task.recording()).heldOutBefore(spec.gkd().rounds(), 0));
    }
  }

  /** The mean of the states after a round; before the first one, the assembled child. */
  private WeightSource healed(
      RunSpec spec,
      Architecture architecture,
      List<Task.Weights> layers,
      List<CheckpointRef> states) {
    return new HealingStates(store(spec))
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
    SafetensorsWriter writer = new SafetensorsWriter(ElementType.BF16);
    new TreeMap<>(child.parameters())
        .forEach(
            (name, array) ->
                writer.add(name, array.getShape().getShape(), () -> Tensors.read(array)));
    return store(spec).put("healing/child.safetensors", writer::writeTo);
  }

  private GlobalDistillation healing(RunSpec spec, Decoder child, CheckpointRef recording) {
    return new GlobalDistillation(
        parent(spec),
        child,
        spec.gkd(),
        Recording.open(store(spec), recording),
        seed(spec, HEALING_KEY));
  }

  private TaskResult export(RunSpec spec, Task.Export task) {
    Store store = store(spec);
    new HealedChild(spec, task.architecture(), task.child(), task.report())
        .export(store, store.root().resolve(CHILD_FOLDER), HealedChild.usualFormat(config(spec)));
    return new TaskResult.Exported(CHILD_FOLDER, store.references(CHILD_FOLDER));
  }

  private Decoder assembled(RunSpec spec, Architecture architecture, List<Task.Weights> layers) {
    return residency.open(
        config(spec).with(architecture),
        weights(spec, architecture, layers),
        spec.corpus().sequenceTokens());
  }

  private WeightSource weights(RunSpec spec, Architecture architecture, List<Task.Weights> layers) {
    SafetensorsFolder folder = SafetensorsFolder.open(Path.of(spec.parent()));
    return new AssembledWeights(config(spec).with(architecture), folder, store(spec), layers);
  }

  /** All in memory, to be trained. */
  private Decoder load(RunSpec spec, Architecture architecture, WeightSource weights) {
    return Decoder.load(config(spec).with(architecture), weights, spec.corpus().sequenceTokens());
  }

  private Decoder parent(RunSpec spec) {
    if (!spec.parent().equals(loadedParent)) {
      close();
      ModelFolder folder = ModelFolder.open(Path.of(spec.parent()));
      int positions = spec.corpus().sequenceTokens();
      if (positions > folder.config().maxPositions()) {
        throw new InvalidInputException(
            "corpus.sequenceTokens: sequences of %d tokens, %s has %d positions.%nMaybe shorten them."
                .formatted(positions, folder.path(), folder.config().maxPositions()));
      }
      parent = residency.open(folder.config(), folder.weights(), positions);
      loadedParent = spec.parent();
    }
    return parent;
  }

  /** The parent kept between tasks, or null. */
  public Decoder loaded() {
    return parent;
  }

  private DecoderConfig config(RunSpec spec) {
    return parent(spec).config();
  }

  /** The run's downstream task, or null; kept, as opening it reads the tokenizer. */
  private TaskScore task(RunSpec spec) {
    String description = spec.scoring().task();
    if (description == null) {
      return null;
    }
    List<String> asked = List.of(description, spec.parent(), spec.corpus().toString());
    if (!asked.equals(openedTask)) {
      Tokenizer tokenizer = Tokenizer.open(Path.of(spec.parent()));
      task = Tasks.open(description, tokenizer::encode, spec.corpus().sequenceTokens() + 1);
      openedTask = asked;
    }
    return task;
  }

  /** Kept between tasks: it remembers which files were checked. */
  private Store store(RunSpec spec) {
    if (!spec.store().equals(openedStore)) {
      store = Store.open(Path.of(spec.store()));
      openedStore = spec.store();
    }
    return store;
  }

  /** What a task draws depends on the run's seed and the task alone. */
  private static long seed(RunSpec spec, Task task) {
    return seed(spec, task.key());
  }

  private static long seed(RunSpec spec, String key) {
    return spec.seed() * 0x9E3779B97F4A7C15L + key.hashCode();
  }

  private static Failure.Kind kind(Throwable e) {
    if (e instanceof OutOfMemoryError
        || e instanceof EngineException
            && String.valueOf(e.getMessage()).contains("allocate memory")) {
      return Failure.Kind.OUT_OF_MEMORY;
    } else if (e instanceof DivergedException) {
      return Failure.Kind.DIVERGED;
    } else if (e instanceof CorruptArtefactException) {
      return Failure.Kind.CORRUPT_ARTEFACT;
    } else if (e instanceof InvalidInputException) {
      return Failure.Kind.INVALID_INPUT;
    } else if (e instanceof StorageException) {
      return Failure.Kind.NO_STORAGE;
    }
    return Failure.Kind.DEFECT;
  }
}
