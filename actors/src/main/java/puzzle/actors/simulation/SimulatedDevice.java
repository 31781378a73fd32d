package puzzle.actors.simulation;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import puzzle.actors.gpu.DeviceThread;
import puzzle.protocol.Work;

/**
 * Stands where a {@link DeviceThread} stands: takes one job after the other, but instead of calling
 * an engine it lets the time pass that a model says, and answers with a {@link SimulatedResults}.
 * It blocks no thread, so a JVM holds thousands. Like an engine it looks now and then whether it
 * was cancelled, and that look is its sign of life.
 */
public final class SimulatedDevice extends AbstractBehavior<Object> {

  /** Hears of each job, on the device's thread. */
  public interface Onlooker {
    void begins(String device, Work.Ticket ticket);

    void ends(String device, DeviceThread.Ended ended);
  }

  private enum Look {
    INSTANCE
  }

  private final String name;
  private final Conduct conduct;
  private final Duration slice;
  private final Onlooker onlooker;
  private final TimerScheduler<Object> timers;
  private final Queue<DeviceThread.Job> waiting = new ArrayDeque<>();

  private DeviceThread.Job job;
  private Conduct.Fate fate;
  private Duration left;

  /**
   * @param slice how often it looks whether it was cancelled
   */
  public static Behavior<DeviceThread.Job> create(
      String name, Conduct conduct, Duration slice, Onlooker onlooker) {
    return Behaviors.<Object>withTimers(
            timers ->
                Behaviors.setup(
                    context ->
                        new SimulatedDevice(context, timers, name, conduct, slice, onlooker)))
        .narrow();
  }

  private SimulatedDevice(
      ActorContext<Object> context,
      TimerScheduler<Object> timers,
      String name,
      Conduct conduct,
      Duration slice,
      Onlooker onlooker) {
    super(context);
    this.timers = timers;
    this.name = name;
    this.conduct = conduct;
    this.slice = slice;
    this.onlooker = onlooker;
  }

  @Override
  public Receive<Object> createReceive() {
    return newReceiveBuilder()
        .onMessage(DeviceThread.Job.class, this::onJob)
        .onMessage(Look.class, this::onLook)
        .build();
  }

  private Behavior<Object> onJob(DeviceThread.Job next) {
    if (job != null) {
      waiting.add(next);
    } else {
      begin(next);
    }
    return this;
  }

  private Behavior<Object> onLook(Look look) {
    if (fate.hangs()) {
      return this;
    }
    if (cancelled()) {
      end(new DeviceThread.Ended(job.ticket(), null, null));
    } else if (left.isZero()) {
      end(
          new DeviceThread.Ended(
              job.ticket(),
              fate.failure() == null
                  ? SimulatedResults.of(job.ticket().spec(), job.ticket().task())
                  : null,
              fate.failure()));
    } else {
      goOn();
    }
    return this;
  }

  /** What goes wrong while it looks ends the attempt and not the device, as on a real one. */
  private boolean cancelled() {
    try {
      return job.signs().cancelled();
    } catch (RuntimeException e) {
      return true;
    }
  }

  private void begin(DeviceThread.Job next) {
    job = next;
    onlooker.begins(name, next.ticket());
    fate = conduct.of(next.ticket(), name);
    left = fate.lasts();
    goOn();
  }

  private void goOn() {
    Duration pause = left.compareTo(slice) < 0 ? left : slice;
    left = left.minus(pause);
    timers.startSingleTimer(Look.INSTANCE, pause);
  }

  private void end(DeviceThread.Ended ended) {
    onlooker.ends(name, ended);
    job.replyTo().tell(ended);
    job = null;
    DeviceThread.Job next = waiting.poll();
    if (next != null) {
      begin(next);
    }
  }
}
