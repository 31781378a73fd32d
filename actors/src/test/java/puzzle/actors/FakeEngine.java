package puzzle.actors;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import puzzle.actors.simulation.SimulatedResults;
import puzzle.engine.BlockEngine;
import puzzle.engine.EngineFactory;
import puzzle.engine.TaskFailedException;
import puzzle.model.Device;
import puzzle.model.Failure;
import puzzle.model.RunSpec;
import puzzle.model.Task;
import puzzle.model.TaskResult;

/**
 * An engine without tensors: every result is a function of the run's seed and the task, whoever
 * asks and however often. Keeps a list of what was run; can be told to fail.
 */
public final class FakeEngine implements EngineFactory {

  /** Decides what happens to an attempt before it gives its result. */
  public interface Script {
    void before(Task task, BlockEngine.Monitor monitor) throws TaskFailedException;
  }

  private final Queue<String> ran = new ConcurrentLinkedQueue<>();
  private final AtomicInteger open = new AtomicInteger();
  private final Script script;

  /** As a service, each task takes as long as the property {@code fake.millis} says. */
  public FakeEngine() {
    this(lasting(Long.getLong("fake.millis", 0)));
  }

  public FakeEngine(Script script) {
    this.script = script;
  }

  /** Keys of tasks that gave a result, in order. */
  public List<String> ran() {
    return new ArrayList<>(ran);
  }

  public int open() {
    return open.get();
  }

  @Override
  public ParentShape shape(Path parent) {
    return new ParentShape(4, 8, 640);
  }

  @Override
  public BlockEngine open(Device device) {
    open.incrementAndGet();
    return new BlockEngine() {
      @Override
      public TaskResult run(RunSpec spec, Task task, Monitor monitor) throws TaskFailedException {
        script.before(task, monitor);
        if (monitor.cancelled()) {
          throw new CancellationException();
        }
        monitor.progress(1, 1, 0.5);
        TaskResult result = SimulatedResults.of(spec, task);
        ran.add(task.key());
        return result;
      }

      @Override
      public void close() {
        open.decrementAndGet();
      }
    };
  }

  /** A script that fails the first attempts at a task. */
  public static Script failing(String key, int times, Failure.Kind kind) {
    AtomicInteger left = new AtomicInteger(times);
    return (task, monitor) -> {
      if (task.key().equals(key) && left.getAndDecrement() > 0) {
        throw new TaskFailedException(kind, key + ": made to fail.\nMaybe look elsewhere.", null);
      }
    };
  }

  /** A script that lets each task take a while, and stop when it is told to. */
  public static Script lasting(long millis) {
    return (task, monitor) -> {
      monitor.progress(0, 1, Double.NaN);
      long end = System.nanoTime() + millis * 1_000_000;
      while (System.nanoTime() < end && !monitor.cancelled()) {
        java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
      }
    };
  }

  /** A script that tells of each task before it is run. */
  public static Script telling(BiConsumer<Task, BlockEngine.Monitor> listener) {
    return listener::accept;
  }
}
