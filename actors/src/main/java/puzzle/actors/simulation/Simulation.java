package puzzle.actors.simulation;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.BehaviorInterceptor;
import org.apache.pekko.actor.typed.TypedActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import puzzle.actors.gpu.DeviceThread;
import puzzle.model.Device;
import puzzle.model.ScoredBlock;
import puzzle.model.Task;
import puzzle.model.TaskResult;
import puzzle.protocol.Solver;
import puzzle.protocol.Work;

/**
 * Simulated devices of one search, and what the system that feeds them costs: how long devices
 * waited between two tasks of the library while there were more tasks than devices, how many tasks
 * were begun in a second, and how old a score is when the solver gets it.
 */
public final class Simulation implements SimulatedDevice.Onlooker {

  /** Times of one device, in nanoseconds; touched by its own actor alone. */
  private static final class Times {
    private long since;
    private boolean busy;
    private long busyFor;
    private long idleFor;
    private final List<Long> gaps = new ArrayList<>();
  }

  /**
   * What was seen of the library's tasks.
   *
   * @param tasks that gave a result
   * @param seconds from the first one's begin to the last one's end
   * @param tasksPerSecond begun while there was enough to do
   * @param idleShare of the devices' time in which they waited for the system
   * @param gapP50Millis between two tasks on one device
   * @param solverP50Millis from a score's end on its device to the solver
   */
  public record Seen(
      int tasks,
      double seconds,
      double tasksPerSecond,
      double idleShare,
      double gapP50Millis,
      double gapP99Millis,
      double solverP50Millis,
      double solverP99Millis,
      double solverMaxMillis) {}

  private static final int DEVICES_PER_HOST = 8;

  /** The first and the last tasks are not looked at: then there is not enough to do. */
  private static final double FROM = 0.1;

  private static final double TO = 0.8;

  private final Conduct conduct;
  private final Duration slice;
  private final int tasks;
  private final Map<String, Times> devices = new ConcurrentHashMap<>();
  private final Map<String, Long> scored = new ConcurrentHashMap<>();
  private final ConcurrentLinkedQueue<Long> delays = new ConcurrentLinkedQueue<>();
  private final AtomicInteger begun = new AtomicInteger();
  private final AtomicInteger ended = new AtomicInteger();
  private volatile long first;
  private volatile long last;
  private volatile long windowFrom;
  private volatile long windowTo;

  /**
   * @param slice how often a device looks whether it was cancelled
   * @param tasks of the library
   */
  public Simulation(Conduct conduct, Duration slice, int tasks) {
    this.conduct = conduct;
    this.slice = slice;
    this.tasks = tasks;
  }

  /** The name of a device: eight of them share a host. */
  public Device named(int index) {
    return new Device("host-" + index / DEVICES_PER_HOST, "simulated", index % DEVICES_PER_HOST);
  }

  /** Stands where the device's thread stands. */
  public Behavior<DeviceThread.Job> device(Device device) {
    return SimulatedDevice.create(device.name(), conduct, slice, this);
  }

  /** The solver, with a look at what it is told. */
  public Behavior<Solver.Command> watched(Behavior<Solver.Command> solver) {
    return Behaviors.intercept(
        () ->
            new BehaviorInterceptor<>(Solver.Command.class) {
              @Override
              public Behavior<Solver.Command> aroundReceive(
                  TypedActorContext<Solver.Command> context,
                  Solver.Command command,
                  ReceiveTarget<Solver.Command> target) {
                if (command instanceof Solver.Offer offer) {
                  arrived(offer);
                }
                return target.apply(context, command);
              }
            },
        solver);
  }

  @Override
  public void begins(String device, Work.Ticket ticket) {
    long now = System.nanoTime();
    Times times = devices.computeIfAbsent(device, d -> new Times());
    if (ofLibrary(ticket)) {
      int number = begun.incrementAndGet();
      if (number == 1) {
        first = now;
      }
      if (number == (int) (FROM * tasks)) {
        windowFrom = now;
      }
      if (number == (int) (TO * tasks)) {
        windowTo = now;
      }
      if (times.since != 0 && inWindow(number)) {
        times.idleFor += now - times.since;
        times.gaps.add(now - times.since);
      }
      times.busy = inWindow(number);
    }
    times.since = now;
  }

  @Override
  public void ends(String device, DeviceThread.Ended end) {
    long now = System.nanoTime();
    Times times = devices.get(device);
    if (ofLibrary(end.ticket()) && end.result() != null) {
      if (times.busy) {
        times.busyFor += now - times.since;
      }
      ended.incrementAndGet();
      last = now;
      if (end.result() instanceof TaskResult.BlockScored) {
        Task.ScoreBlock score = (Task.ScoreBlock) end.ticket().task();
        scored.put(score.layer() + "/" + score.block().name(), now);
      }
      times.since = now;
    } else {
      times.since = 0;
    }
  }

  /** What was seen; called after the last task. */
  public Seen seen() {
    long busy = devices.values().stream().mapToLong(t -> t.busyFor).sum();
    long idle = devices.values().stream().mapToLong(t -> t.idleFor).sum();
    double[] gaps =
        devices.values().stream().flatMap(t -> t.gaps.stream()).mapToDouble(g -> g / 1e6).toArray();
    double[] waits = delays.stream().mapToDouble(d -> d / 1e6).toArray();
    return new Seen(
        ended.get(),
        (last - first) / 1e9,
        (TO - FROM) * tasks / ((windowTo - windowFrom) / 1e9),
        (double) idle / (busy + idle),
        quantile(gaps, 0.5),
        quantile(gaps, 0.99),
        quantile(waits, 0.5),
        quantile(waits, 0.99),
        quantile(waits, 1));
  }

  private void arrived(Solver.Offer offer) {
    long now = System.nanoTime();
    for (ScoredBlock s : offer.scores()) {
      Long at = scored.remove(offer.layer() + "/" + s.block().name());
      if (at != null) {
        delays.add(now - at);
      }
    }
  }

  private boolean inWindow(int number) {
    return number >= FROM * tasks && number <= TO * tasks;
  }

  private static boolean ofLibrary(Work.Ticket ticket) {
    return ticket.task() instanceof Task.Bld || ticket.task() instanceof Task.ScoreBlock;
  }

  private static double quantile(double[] values, double q) {
    Arrays.sort(values);
    return values.length == 0
        ? Double.NaN
        : values[(int) Math.min(values.length - 1, Math.ceil(q * values.length) - 1)];
  }
}
