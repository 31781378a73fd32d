package puzzle.engine.tasks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.ref.Cleaner;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.TaskFailedException;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.CheckpointRef;
import puzzle.model.RunSpec;
import puzzle.model.Task;
import puzzle.model.TaskResult;
import puzzle.model.Variant;

/**
 * Many small steps of both kinds of training by the real engine, and what the process's memory did
 * meanwhile. Native memory is what is resident beyond the Java heap's.
 */
final class Soak implements AutoCloseable {

  private static final Path STATUS = Path.of("/proc/self/status");
  private static final int BATCH = 4;

  /**
   * Bytes, after full collections and what follows them: buffers and mapped files go a little later
   * than the objects they belonged to.
   *
   * @param java of what is outside the heap, classes and compiled code
   */
  record Memory(long heap, long outside, long java) {

    private static final Cleaner CLEANER = Cleaner.create();

    static Memory now() {
      for (int i = 0; i < 3; i++) {
        collect();
      }
      Runtime java = Runtime.getRuntime();
      return new Memory(
          java.totalMemory() - java.freeMemory(),
          resident() - java.totalMemory(),
          ManagementFactory.getMemoryMXBean().getNonHeapMemoryUsage().getCommitted());
    }

    /** Collects, and waits for the cleaning up after something that was collected. */
    private static void collect() {
      CountDownLatch cleaned = new CountDownLatch(1);
      CLEANER.register(new Object(), cleaned::countDown);
      try {
        do {
          System.gc();
        } while (!cleaned.await(1, TimeUnit.SECONDS));
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }

    double heapGrowth(Memory since) {
      return (double) heap / since.heap - 1;
    }

    double nativeGrowth(Memory since) {
      return (double) outside / since.outside - 1;
    }

    private static long resident() {
      try {
        for (String line : Files.readAllLines(STATUS)) {
          if (line.startsWith("VmRSS:")) {
            return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
          }
        }
        throw new IOException("no VmRSS in " + STATUS);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private final DjlEngine engine = new DjlEngine(1);
  private final RunSpec spec;
  private final CheckpointRef recording;
  private final Block small = new Block(Variant.attention(1), Variant.ffn(12));
  private final Task.Gkd order;
  private int round;
  private List<CheckpointRef> states = List.of();

  /**
   * @param gkdSteps in all, {@code perRound} at a time
   */
  Soak(Path folder, int gkdSteps, int perRound) throws IOException, TaskFailedException {
    RunSpec run = SmallRun.in(folder, SmallRun.config(), 600 + 3 * gkdSteps);
    spec =
        run.with(
            s -> {
              s.bld =
                  s.bld.with(
                      b -> {
                        b.batch = BATCH;
                        b.steps = perRound;
                        b.learningRate = 1e-3;
                      });
              s.gkd =
                  s.gkd.with(
                      g -> {
                        g.batch = BATCH;
                        g.steps = gkdSteps;
                        g.learningRate = 1e-4;
                        g.checkpointSteps = perRound;
                      });
            });
    recording =
        ((TaskResult.Recorded) engine.run(spec, new Task.Record(), Monitor.NONE)).recording();
    order = SmallRun.heal(engine, spec, small, recording);
  }

  static boolean possible() {
    return Files.isReadable(STATUS);
  }

  /** A task of block distillation and a round of GKD. */
  void round() throws TaskFailedException {
    engine.run(spec, new Task.Bld(round % SmallRun.LAYERS, small.ffn(), recording), Monitor.NONE);
    Architecture child = order.architecture();
    Task task = new Task.GkdRound(child, order.layers(), recording, round++, 0, states, 0, null);
    states = List.of(((TaskResult.ShardTrained) engine.run(spec, task, Monitor.NONE)).state());
  }

  @Override
  public void close() {
    engine.close();
  }
}
