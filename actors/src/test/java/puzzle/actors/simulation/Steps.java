package puzzle.actors.simulation;

import com.typesafe.config.Config;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.AbstractScheduler;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.dispatch.DispatcherPrerequisites;
import org.apache.pekko.dispatch.ExecutorServiceConfigurator;
import org.apache.pekko.dispatch.ExecutorServiceFactory;
import org.apache.pekko.event.LoggingAdapter;
import scala.concurrent.ExecutionContext;
import scala.concurrent.duration.FiniteDuration;

/**
 * Everything an actor system wants done, one step after the other on the calling thread, in an
 * order drawn from a seed; time stands still while anything can be done and then jumps to the next
 * timer. So a schedule is a function of its seed, and a day passes in milliseconds.
 *
 * <p>One per JVM, since Pekko makes dispatchers and schedulers by their class name. While a system
 * starts or stops, which blocks, steps are done on threads as usual.
 */
final class Steps {

  static final Steps THE = new Steps();

  private final List<Runnable> ready = new ArrayList<>();
  private final PriorityQueue<Timer> timers = new PriorityQueue<>();
  private SplittableRandom random = new SplittableRandom(0);
  private ExecutorService threads = threads();
  private long now;
  private long timersMade;
  private long done;

  private Steps() {}

  /** Time begins; from now on steps wait for {@link #step}, in the order of the seed. */
  synchronized void take(long seed) {
    random = new SplittableRandom(seed);
    timers.clear();
    now = 0;
    if (threads != null) {
      threads.shutdown();
      threads = null;
    }
  }

  /** From now on steps are done as they come. */
  synchronized void letGo() {
    threads = threads();
    ready.forEach(threads::execute);
    ready.clear();
  }

  synchronized void add(Runnable step) {
    if (threads != null) {
      threads.execute(step);
    } else {
      ready.add(step);
    }
  }

  /** Does one step, or lets time jump to the next timer; false if there is neither. */
  boolean step() {
    Runnable next = null;
    List<Timer> due = new ArrayList<>();
    synchronized (this) {
      if (!ready.isEmpty()) {
        int last = ready.size() - 1;
        Collections.swap(ready, random.nextInt(last + 1), last);
        next = ready.remove(last);
      } else if (timers.isEmpty()) {
        return false;
      } else {
        now = Math.max(now, timers.peek().at);
        while (!timers.isEmpty() && timers.peek().at <= now) {
          due.add(timers.poll());
        }
      }
    }
    done++;
    if (next != null) {
      next.run();
    }
    due.forEach(Timer::fire);
    return true;
  }

  /** Runs what can be done now, without letting time pass. */
  void settle() {
    while (!ready.isEmpty()) {
      step();
    }
  }

  long nanos() {
    return now;
  }

  /** Steps so far. */
  long done() {
    return done;
  }

  synchronized Timer after(Duration delay, Runnable action) {
    // A grid of 50 ms swallows the jitter that Pekko draws without a seed.
    long grid = 50_000_000L;
    long at = now + Math.max(0, delay.toNanos());
    Timer timer = new Timer(delay.isZero() ? at : (at + grid - 1) / grid * grid, action);
    timers.add(timer);
    return timer;
  }

  private static ExecutorService threads() {
    return Executors.newCachedThreadPool();
  }

  /** Something to do at a time. */
  final class Timer implements Cancellable, Comparable<Timer> {
    private final long at;
    private final long number = timersMade++;
    private final Runnable action;
    private boolean over;

    private Timer(long at, Runnable action) {
      this.at = at;
      this.action = action;
    }

    private void fire() {
      if (!over) {
        over = true;
        action.run();
      }
    }

    @Override
    public boolean cancel() {
      boolean first = !over;
      over = true;
      synchronized (Steps.this) {
        timers.remove(this);
      }
      return first;
    }

    @Override
    public boolean isCancelled() {
      return over;
    }

    @Override
    public int compareTo(Timer other) {
      return at != other.at ? Long.compare(at, other.at) : Long.compare(number, other.number);
    }
  }

  /** The scheduler Pekko asks for timers, {@code pekko.scheduler.implementation}. */
  public static final class Scheduler extends AbstractScheduler {

    public Scheduler(Config config, LoggingAdapter log, ThreadFactory threads) {}

    @Override
    public Cancellable scheduleOnce(
        FiniteDuration delay, Runnable runnable, ExecutionContext executor) {
      return THE.after(Duration.ofNanos(delay.toNanos()), () -> executor.execute(runnable));
    }

    @Deprecated
    @Override
    public Cancellable schedule(
        FiniteDuration initial,
        FiniteDuration interval,
        Runnable runnable,
        ExecutionContext executor) {
      return scheduleWithFixedDelay(initial, interval, runnable, executor);
    }

    @Override
    public double maxFrequency() {
      return 1000;
    }
  }

  /** The executor of every dispatcher. */
  public static final class Configurator extends ExecutorServiceConfigurator {

    public Configurator(Config config, DispatcherPrerequisites prerequisites) {
      super(config, prerequisites);
    }

    @Override
    public ExecutorServiceFactory createExecutorServiceFactory(String id, ThreadFactory threads) {
      return Stepper::new;
    }
  }

  private static final class Stepper extends AbstractExecutorService {

    @Override
    public void execute(Runnable command) {
      THE.add(command);
    }

    @Override
    public void shutdown() {}

    @Override
    public List<Runnable> shutdownNow() {
      return List.of();
    }

    @Override
    public boolean isShutdown() {
      return false;
    }

    @Override
    public boolean isTerminated() {
      return false;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
      return true;
    }
  }
}
