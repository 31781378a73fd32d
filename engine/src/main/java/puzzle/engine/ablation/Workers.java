package puzzle.engine.ablation;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.Tensors;

/**
 * Threads with a parent of their own each: scoring puts variants in the parent's place, so no two
 * may share one. Every operation runs on one thread; which worker takes a job does not show in its
 * result.
 */
final class Workers implements AutoCloseable {

  /** One piece of work. */
  interface Job<T> {
    T run(Decoder parent);
  }

  private final ExecutorService threads;
  private final ConcurrentLinkedQueue<Decoder> parents = new ConcurrentLinkedQueue<>();
  private final ThreadLocal<Decoder> own;

  Workers(int count, Supplier<Decoder> load) {
    threads =
        Executors.newFixedThreadPool(
            count,
            work -> {
              Thread thread = new Thread(work, "ablation");
              thread.setDaemon(true);
              return thread;
            });
    own =
        ThreadLocal.withInitial(
            () -> {
              Tensors.threads(1);
              Decoder parent = load.get();
              parents.add(parent);
              return parent;
            });
  }

  /** Results in the order of the jobs; after a failure those not begun are left out. */
  <T> List<T> all(List<? extends Job<T>> jobs) {
    AtomicBoolean failed = new AtomicBoolean();
    List<Future<T>> running = new ArrayList<>();
    for (Job<T> job : jobs) {
      running.add(
          threads.submit(
              () -> {
                if (failed.get()) {
                  return null;
                }
                try {
                  return job.run(own.get());
                } catch (RuntimeException | Error e) {
                  failed.set(true);
                  throw e;
                }
              }));
    }
    List<T> results = new ArrayList<>();
    Throwable first = null;
    for (Future<T> one : running) {
      try {
        results.add(one.get());
      } catch (ExecutionException e) {
        first = first == null ? e.getCause() : first;
      } catch (InterruptedException e) {
        failed.set(true);
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted", e);
      }
    }
    if (first instanceof RuntimeException e) {
      throw e;
    } else if (first instanceof Error e) {
      throw e;
    }
    return results;
  }

  @Override
  public void close() {
    threads.shutdownNow();
    parents.forEach(Decoder::close);
  }
}
