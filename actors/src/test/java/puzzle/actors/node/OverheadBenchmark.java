package puzzle.actors.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.actors.FakeEngine;
import puzzle.actors.runfile.RunFile;
import puzzle.engine.BlockEngine;
import puzzle.engine.EngineFactory;
import puzzle.engine.TaskFailedException;
import puzzle.engine.solve.IncrementalSolver;
import puzzle.engine.tasks.DjlEngineFactory;
import puzzle.model.CheckpointRef;
import puzzle.model.Device;
import puzzle.model.Outcome;
import puzzle.model.Phase;
import puzzle.model.RunSpec;
import puzzle.model.Task;
import puzzle.model.TaskResult;
import puzzle.protocol.Feed;

/**
 * What the actors cost on a real search: its wall time over that of the very same tasks, called one
 * after the other from as many plain threads as there were devices. The loop comes second, in a
 * warm JVM, and is told the solver's choices: it has no journal, no solver and nothing to wait for
 * but files. {@code -Doverhead.file} names another run file, {@code -Doverhead.devices} a number.
 */
class OverheadBenchmark {

  private static final double LIMIT = 1.05;
  private static final int DEVICES = Integer.getInteger("overhead.devices", 2);

  @TempDir Path folder;

  /** One task as it was run, and what it left. */
  private record Step(RunSpec spec, Task task, Set<CheckpointRef> made, long nanos) {}

  private final EngineFactory engines =
      Boolean.getBoolean("overhead.fake") ? new FakeEngine() : new DjlEngineFactory();

  @Test
  void aSearchTakesAtMostATwentiethLongerThanItsTasksInAPlainLoop() throws Exception {
    Path file = Path.of(System.getProperty("overhead.file", "../examples/tiny/puzzle.yaml"));
    RunFile run = RunFile.read(file, Path.of(""), engines::shape);
    warmUp(in(run.spec(), "warm-up"));
    List<Step> steps = Collections.synchronizedList(new ArrayList<>());
    double actors = actors(in(run.spec(), "actors"), run, steps);
    double loop = loop(in(run.spec(), "loop"), List.copyOf(steps));
    double busy = steps.stream().mapToLong(Step::nanos).sum() / 1e9;
    System.out.printf(
        "%d tasks on %d devices: actors %.1f s, plain loop %.1f s, ratio %.3f; devices busy %.1f s%n",
        steps.size(), DEVICES, actors, loop, actors / loop, busy);
    assertTrue(actors <= LIMIT * loop, "ratio " + actors / loop);
  }

  private double actors(RunSpec spec, RunFile run, List<Step> steps) throws Exception {
    CompletableFuture<Outcome> ended = new CompletableFuture<>();
    long begun = System.nanoTime();
    Set<Phase> phases = Collections.synchronizedSet(new HashSet<>());
    Tools tools = new Tools(new Recorded(steps), IncrementalSolver::new);
    try (PuzzleNode node = PuzzleNode.alone(folder.resolve("journal"), DEVICES, tools)) {
      node.watch(
          fact -> {
            if (fact instanceof Feed.PhaseAdvanced p && phases.add(p.phase())) {
              System.out.printf("%6.2f s %s%n", (System.nanoTime() - begun) / 1e9, p.phase());
            } else if (fact instanceof Feed.Ended e) {
              ended.complete(e.outcome());
            }
          });
      node.desk().start(spec, run.layers(), run.hash());
      System.out.printf("%6.2f s started%n", (System.nanoTime() - begun) / 1e9);
      assertEquals(Outcome.Kind.DONE, ended.get(20, TimeUnit.MINUTES).kind());
      return (System.nanoTime() - begun) / 1e9;
    }
  }

  private double loop(RunSpec spec, List<Step> steps) throws Exception {
    Map<CheckpointRef, Integer> makers = new HashMap<>();
    List<CompletableFuture<Void>> done = new ArrayList<>();
    for (int i = 0; i < steps.size(); i++) {
      for (CheckpointRef ref : steps.get(i).made()) {
        makers.putIfAbsent(ref, i);
      }
      done.add(new CompletableFuture<>());
    }
    AtomicInteger next = new AtomicInteger();
    ReadWriteLock machine = new ReentrantReadWriteLock(true);
    long begun = System.nanoTime();
    List<CompletableFuture<Void>> threads = new ArrayList<>();
    for (int t = 0; t < DEVICES; t++) {
      Device device = new Device("loop", "cpu", t);
      CompletableFuture<Void> end = new CompletableFuture<>();
      threads.add(end);
      new Thread(
              () -> {
                try (BlockEngine engine = engines.open(device)) {
                  for (int i = next.getAndIncrement();
                      i < steps.size();
                      i = next.getAndIncrement()) {
                    Task task = steps.get(i).task();
                    for (CheckpointRef ref : refs(task)) {
                      Integer maker = makers.get(ref);
                      if (maker != null && maker < i) {
                        done.get(maker).join();
                      }
                    }
                    boolean timed = task instanceof Task.Profile || task instanceof Task.Measure;
                    Lock lock = timed ? machine.writeLock() : machine.readLock();
                    lock.lock();
                    try {
                      engine.run(spec, task, BlockEngine.Monitor.NONE);
                    } finally {
                      lock.unlock();
                    }
                    done.get(i).complete(null);
                  }
                  end.complete(null);
                } catch (Exception e) {
                  end.completeExceptionally(e);
                  done.forEach(d -> d.completeExceptionally(e));
                }
              })
          .start();
    }
    for (CompletableFuture<Void> thread : threads) {
      thread.get(20, TimeUnit.MINUTES);
    }
    return (System.nanoTime() - begun) / 1e9;
  }

  /** Loads the tensor library, which neither side is to pay for. */
  private void warmUp(RunSpec spec) throws Exception {
    try (BlockEngine engine = engines.open(new Device("warm-up", "cpu", 0))) {
      engine.run(spec, new Task.Record(), BlockEngine.Monitor.NONE);
    }
  }

  private RunSpec in(RunSpec s, String store) {
    return s.with(d -> d.store = folder.resolve(store).toString());
  }

  /** Every file a value speaks of. */
  private static Set<CheckpointRef> refs(Object value) {
    Set<CheckpointRef> found = new HashSet<>();
    collect(value, found);
    return found;
  }

  private static void collect(Object value, Set<CheckpointRef> found) {
    if (value instanceof CheckpointRef ref) {
      found.add(ref);
    } else if (value instanceof Iterable<?> values) {
      values.forEach(v -> collect(v, found));
    } else if (value instanceof Record) {
      for (RecordComponent component : value.getClass().getRecordComponents()) {
        try {
          collect(component.getAccessor().invoke(value), found);
        } catch (ReflectiveOperationException e) {
          throw new IllegalStateException(e);
        }
      }
    }
  }

  /** The real engines, with a list of what they were asked for, in the order of its begin. */
  private final class Recorded implements EngineFactory {

    private final List<Step> steps;

    private Recorded(List<Step> steps) {
      this.steps = steps;
    }

    @Override
    public ParentShape shape(Path parent) {
      return engines.shape(parent);
    }

    @Override
    public BlockEngine open(Device device) {
      BlockEngine real = engines.open(device);
      return new BlockEngine() {
        @Override
        public TaskResult run(RunSpec spec, Task task, Monitor monitor) throws TaskFailedException {
          Set<CheckpointRef> made = Collections.synchronizedSet(new HashSet<>());
          long begun = System.nanoTime();
          int place;
          synchronized (steps) {
            place = steps.size();
            steps.add(new Step(spec, task, made, 0));
          }
          TaskResult result = real.run(spec, task, monitor);
          made.addAll(refs(result));
          steps.set(place, new Step(spec, task, made, System.nanoTime() - begun));
          return result;
        }

        @Override
        public void close() {
          real.close();
        }
      };
    }
  }
}
