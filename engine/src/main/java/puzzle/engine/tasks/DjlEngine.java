package puzzle.engine.tasks;

import ai.djl.engine.EngineException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import puzzle.engine.BlockEngine;
import puzzle.engine.TaskFailedException;
import puzzle.engine.files.StorageException;
import puzzle.engine.huggingface.ChildExporter;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.DivergedException;
import puzzle.engine.nn.Residency;
import puzzle.engine.nn.Tensors;
import puzzle.engine.profile.LiveProfiler;
import puzzle.engine.profile.ModelSpeed;
import puzzle.engine.profile.hopper.ProfiledCosts;
import puzzle.engine.store.CorruptArtefactException;
import puzzle.engine.store.Store;
import puzzle.engine.store.StorePaths;
import puzzle.model.Architecture;
import puzzle.model.CheckpointRef;
import puzzle.model.Failure;
import puzzle.model.InvalidInputException;
import puzzle.model.RunSpec;
import puzzle.model.SignOfLife;
import puzzle.model.Task;
import puzzle.model.TaskPart;
import puzzle.model.TaskResult;

/**
 * The engine on PyTorch through DJL. Keeps the parent loaded between tasks; everything else a task
 * needs it reads from the store.
 */
public final class DjlEngine implements BlockEngine {

  private final int threads;
  private final DeviceCache open;
  private final RecordingTasks recordings;
  private final BlockTasks blocks;
  private final ChildTasks children;

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
    this.open = new DeviceCache(residency);
    this.recordings = new RecordingTasks(open);
    this.blocks = new BlockTasks(open);
    this.children = new ChildTasks(open, residency);
  }

  @Override
  public TaskResult run(RunSpec spec, Task task, Monitor monitor) throws TaskFailedException {
    Tensors.threads(threads);
    try {
      return SignOfLife.during(monitor::alive, () -> repairing(spec, task, monitor));
    } catch (CancellationException e) {
      throw e;
    } catch (RuntimeException | OutOfMemoryError e) {
      throw new TaskFailedException(kind(e), task.key() + ": " + e.getMessage(), e);
    }
  }

  private TaskResult repairing(RunSpec spec, Task task, Monitor monitor) {
    Repair repair = new Repair(this, spec, task, new HashSet<>());
    while (true) {
      try {
        return perform(spec, task, monitor);
      } catch (CorruptArtefactException e) {
        if (!repair.make(e.expected(), monitor)) {
          throw e;
        }
      }
    }
  }

  TaskResult perform(RunSpec spec, Task task, Monitor monitor) {
    if (task instanceof TaskPart part) {
      return part(spec, part, monitor);
    } else if (task instanceof Task.Tokenize) {
      return recordings.tokenize(spec, monitor);
    } else if (task instanceof Task.Record record) {
      return recordings.record(spec, record, monitor);
    } else if (task instanceof Task.Bld bld) {
      return blocks.bld(spec, bld, monitor);
    } else if (task instanceof Task.BldBlock bld) {
      return blocks.bld(spec, bld, monitor);
    } else if (task instanceof Task.Profile profile) {
      return profile(spec, profile, monitor);
    } else if (task instanceof Task.ScoreBlock score) {
      return blocks.score(spec, score, monitor);
    } else if (task instanceof Task.Evaluate evaluate) {
      return children.evaluate(spec, evaluate, monitor);
    } else if (task instanceof Task.Measure measure) {
      return measure(spec, measure, monitor);
    } else if (task instanceof Task.GkdRound round) {
      return children.gkdRound(spec, round, monitor);
    } else if (task instanceof Task.Gkd heal) {
      return children.heal(spec, heal);
    } else if (task instanceof Task.Export export) {
      return export(spec, export);
    }
    throw new IllegalArgumentException("unknown task " + task);
  }

  /** Writes the healed child again, from what is there; nothing if that is not enough. */
  Optional<CheckpointRef> putChild(RunSpec spec, Architecture architecture, CheckpointRef healed) {
    return children.putChild(spec, architecture, healed);
  }

  /** The parent kept between tasks, or null. */
  public Decoder loaded() {
    return open.loaded();
  }

  @Override
  public void close() {
    open.close();
  }

  /** On hardware that is not here, costs come from its profile and take no device time. */
  private TaskResult profile(RunSpec spec, Task.Profile task, Monitor monitor) {
    return spec.target().measuredLocally()
        ? new LiveProfiler(open.config(spec), task.workload(), spec.profiling())
            .profile(spec.space(), monitor)
        : ProfiledCosts.of(spec).profile(spec.space(), task.workload());
  }

  private TaskResult measure(RunSpec spec, Task.Measure task, Monitor monitor) {
    if (!spec.target().measuredLocally()) {
      return ProfiledCosts.of(spec).measure(task.architectures(), task.workload());
    }
    try (ModelSpeed speed =
        new ModelSpeed(open.config(spec), task.architectures(), task.workload())) {
      return new TaskResult.Measured(
          task.workload(), speed.measure(spec.profiling(), monitor), TaskResult.MEASURED);
    }
  }

  private TaskResult export(RunSpec spec, Task.Export task) {
    Store store = open.store(spec);
    HealedChild child = new HealedChild(spec, task.architecture(), task.child(), task.report());
    Path target = store.root().resolve(StorePaths.EXPORTED);
    ChildExporter.Format format = HealedChild.usualFormat(open.config(spec));
    Map<String, String> sums =
        task.parts().isEmpty()
            ? child.export(store, target, format)
            : child.export(store, target, format, task.parts());
    return new TaskResult.Exported(
        StorePaths.EXPORTED, store.references(StorePaths.EXPORTED, sums));
  }

  private TaskResult part(RunSpec spec, TaskPart task, Monitor monitor) {
    if (task.whole() instanceof Task.Record record) {
      return recordings.part(spec, record, task.part(), monitor);
    } else if (task.whole() instanceof Task.Evaluate evaluate) {
      return children.part(spec, evaluate, task.part(), monitor);
    } else if (task.whole() instanceof Task.Export export) {
      return new TaskResult.PartMade(
          new HealedChild(spec, export.architecture(), export.child(), List.of())
              .write(open.store(spec), task.part()));
    }
    throw new IllegalArgumentException("unknown task " + task);
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
