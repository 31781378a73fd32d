package puzzle.model;

import java.util.concurrent.CancellationException;
import java.util.function.Supplier;

/**
 * Where work that knows nothing of tasks says that it continues: reading, hashing and writing of
 * large files, text that is scanned, weights that are loaded or drawn. Whoever does something for
 * seconds calls {@link #give} all along, so that the lease of the task it is done for does not run
 * out, and so that the task can be stopped.
 *
 * <p>The task is that of the calling thread; a thread that has none may call as well.
 */
public final class SignOfLife {

  private static final ThreadLocal<Runnable> TASK = ThreadLocal.withInitial(() -> () -> {});

  private SignOfLife() {}

  /**
   * Does some work whose signs of life are a task's.
   *
   * @param heard is called with each; throws {@link CancellationException} to stop the work
   */
  public static <T> T during(Runnable heard, Supplier<T> work) {
    Runnable before = TASK.get();
    TASK.set(heard);
    try {
      return work.get();
    } finally {
      TASK.set(before);
    }
  }

  /**
   * Gives a sign; costs some nanoseconds.
   *
   * @throws CancellationException if the task is no longer wanted
   */
  public static void give() {
    TASK.get().run();
  }
}
