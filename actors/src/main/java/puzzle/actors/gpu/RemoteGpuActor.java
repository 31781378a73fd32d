package puzzle.actors.gpu;

import java.time.Duration;
import java.util.Set;
import java.util.UUID;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import puzzle.actors.work.Peers;
import puzzle.model.Device;
import puzzle.model.Failure;
import puzzle.model.TaskResult;
import puzzle.protocol.Feed;
import puzzle.protocol.Gpu;
import puzzle.protocol.GpuPool;
import puzzle.protocol.Work;

/**
 * Plays a device towards the pool and the owners of tasks, for a worker in another process that
 * speaks HTTP. Is free only while the worker asks for a task; renews the lease only when the worker
 * shows that it lives; says that a result counts only once its owner has it on record. When it
 * dies, the lease runs out like any other.
 */
public final class RemoteGpuActor extends AbstractBehavior<Gpu.Command> {

  /** The worker asks for a task. */
  public record Lease(Set<String> accepts, Duration patience, ActorRef<Leased> replyTo)
      implements Gpu.Internal {}

  /**
   * The answer.
   *
   * @param lease names the attempt from here on; null if there is not a task yet
   */
  public record Leased(String lease, Work.Ticket ticket) {}

  /** The worker lives. */
  public record Beat(String lease, long done, long total, double loss, ActorRef<Beaten> replyTo)
      implements Gpu.Internal {}

  /**
   * The answer.
   *
   * @param held false if the lease is lost
   * @param wanted false if the worker should stop
   */
  public record Beaten(boolean held, boolean wanted) {}

  /** Asks which task a lease is for. */
  public record GetTicket(String lease, ActorRef<Leased> replyTo) implements Gpu.Internal {}

  /**
   * The worker is done.
   *
   * @param result null if there is a failure instead
   */
  public record End(String lease, TaskResult result, Failure failure, ActorRef<Ended> replyTo)
      implements Gpu.Internal {}

  /**
   * The answer, once the owner has answered.
   *
   * @param held false if the lease is lost
   * @param recorded false if another attempt's result counts
   */
  public record Ended(boolean held, boolean recorded) {}

  private enum Tick implements Gpu.Internal {
    HEARTBEAT,
    NO_TASK,
    IDLE
  }

  /**
   * @param heartbeat how often the lease of a running task is renewed
   * @param silence a worker that has been silent for longer than this has lost its task
   * @param idle a worker that has asked for nothing for this long is forgotten
   */
  public record Timing(Duration heartbeat, Duration silence, Duration idle) {}

  private final Device device;
  private final Timing timing;
  private final Peers peers;
  private final LongSupplier nanos;
  private final Runnable stopped;
  private final TimerScheduler<Gpu.Command> timers;
  private Lease asking;
  private Set<String> accepts = Set.of();
  private Work.Ticket running;
  private String lease;
  private boolean wanted;
  private long heard;
  private long received;
  private Work.Report outcome;
  private Work.Owner owner;
  private ActorRef<Ended> informed;

  /**
   * @param nanos a monotonic clock
   * @param stopped called when this actor ends
   */
  public static Behavior<Gpu.Command> create(
      Device device, Timing timing, Peers peers, LongSupplier nanos, Runnable stopped) {
    return Behaviors.withTimers(
        timers ->
            Behaviors.setup(
                context ->
                    new RemoteGpuActor(context, timers, device, timing, peers, nanos, stopped)));
  }

  private RemoteGpuActor(
      ActorContext<Gpu.Command> context,
      TimerScheduler<Gpu.Command> timers,
      Device device,
      Timing timing,
      Peers peers,
      LongSupplier nanos,
      Runnable stopped) {
    super(context);
    this.device = device;
    this.timing = timing;
    this.peers = peers;
    this.nanos = nanos;
    this.timers = timers;
    this.stopped = stopped;
    timers.startTimerWithFixedDelay(Tick.HEARTBEAT, timing.heartbeat());
    timers.startSingleTimer(Tick.IDLE, timing.idle());
  }

  @Override
  public Receive<Gpu.Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Lease.class, this::onLease)
        .onMessage(Beat.class, this::onBeat)
        .onMessage(GetTicket.class, this::onGetTicket)
        .onMessage(End.class, this::onEnd)
        .onMessage(Gpu.Perform.class, this::onPerform)
        .onMessage(Gpu.Cancel.class, this::onCancel)
        .onMessage(Gpu.Acknowledge.class, this::onAcknowledge)
        .onMessage(Gpu.Drain.class, drain -> this)
        .onMessage(Gpu.Retire.class, this::onRetire)
        .onMessageEquals(Tick.HEARTBEAT, this::onHeartbeat)
        .onMessageEquals(Tick.NO_TASK, this::onNoTask)
        .onMessageEquals(Tick.IDLE, this::onIdle)
        .onSignal(PostStop.class, signal -> ended())
        .build();
  }

  private Behavior<Gpu.Command> onLease(Lease next) {
    timers.startSingleTimer(Tick.IDLE, timing.idle());
    if (asking != null) {
      asking.replyTo().tell(new Leased(null, null));
    }
    if (running != null) {
      lose("its worker asks for another task");
    }
    asking = next;
    accepts = next.accepts();
    timers.startSingleTimer(Tick.NO_TASK, next.patience());
    announce();
    return this;
  }

  private Behavior<Gpu.Command> onPerform(Gpu.Perform perform) {
    received++;
    if (asking == null || running != null) {
      peers.pool(new GpuPool.Decline(device, perform.ticket()));
      return this;
    }
    timers.cancel(Tick.NO_TASK);
    running = perform.ticket();
    lease = UUID.randomUUID().toString();
    wanted = true;
    heard = nanos.getAsLong();
    asking.replyTo().tell(new Leased(lease, running));
    asking = null;
    peers.owner(
        running.owner(), new Work.Started(running.task().key(), running.attempt(), device, self()));
    return this;
  }

  private Behavior<Gpu.Command> onBeat(Beat beat) {
    if (!holds(beat.lease())) {
      beat.replyTo().tell(new Beaten(false, false));
      return this;
    }
    heard = nanos.getAsLong();
    if (beat.total() > 0) {
      peers.announce(
          new Feed.Progressed(
              running.spec().id(),
              running.task().key(),
              device,
              beat.done(),
              beat.total(),
              beat.loss()));
    }
    beat.replyTo().tell(new Beaten(true, wanted));
    return this;
  }

  private Behavior<Gpu.Command> onGetTicket(GetTicket get) {
    get.replyTo().tell(holds(get.lease()) ? new Leased(lease, running) : new Leased(null, null));
    return this;
  }

  private Behavior<Gpu.Command> onEnd(End end) {
    if (!holds(end.lease())) {
      end.replyTo().tell(new Ended(false, false));
      return this;
    }
    String key = running.task().key();
    owner = running.owner();
    informed = end.replyTo();
    outcome =
        end.result() != null
            ? new Work.Done(key, running.attempt(), device, self(), end.result())
            : new Work.Failed(key, running.attempt(), device, self(), end.failure());
    running = null;
    lease = null;
    peers.owner(owner, outcome);
    return this;
  }

  private Behavior<Gpu.Command> onCancel(Gpu.Cancel cancel) {
    if (running != null
        && running.task().key().equals(cancel.key())
        && running.attempt() == cancel.attempt()) {
      wanted = false;
    }
    return this;
  }

  private Behavior<Gpu.Command> onAcknowledge(Gpu.Acknowledge acknowledge) {
    if (outcome != null
        && outcome.key().equals(acknowledge.key())
        && outcome.attempt() == acknowledge.attempt()) {
      if (informed != null) {
        informed.tell(new Ended(true, acknowledge.counted()));
      }
      outcome = null;
      informed = null;
    }
    return this;
  }

  /** The worker is another process: what it has, it may finish through another node. */
  private Behavior<Gpu.Command> onRetire(Gpu.Retire retire) {
    retire.replyTo().tell(new Gpu.Retired(device));
    return this;
  }

  private Behavior<Gpu.Command> onHeartbeat() {
    if (running != null) {
      if (nanos.getAsLong() - heard > timing.silence().toNanos()) {
        lose("its worker was silent for " + timing.silence().toSeconds() + " s");
      } else {
        peers.owner(
            running.owner(),
            new Work.Alive(running.task().key(), running.attempt(), device, self()));
        announce();
      }
    } else if (asking != null) {
      announce();
    }
    if (outcome != null) {
      peers.owner(owner, outcome);
    }
    return this;
  }

  private Behavior<Gpu.Command> onNoTask() {
    if (asking != null) {
      asking.replyTo().tell(new Leased(null, null));
      asking = null;
    }
    return this;
  }

  private Behavior<Gpu.Command> onIdle() {
    if (running != null || asking != null || outcome != null) {
      timers.startSingleTimer(Tick.IDLE, timing.idle());
      return this;
    }
    return Behaviors.stopped();
  }

  private Behavior<Gpu.Command> ended() {
    stopped.run();
    return this;
  }

  private boolean holds(String other) {
    return running != null && lease.equals(other);
  }

  /** The task goes elsewhere at once. */
  private void lose(String why) {
    owner = running.owner();
    informed = null;
    outcome =
        new Work.Failed(
            running.task().key(),
            running.attempt(),
            device,
            self(),
            new Failure(Failure.Kind.DEVICE_LOST, running.task().key() + ": " + why + "."));
    running = null;
    lease = null;
    peers.owner(owner, outcome);
  }

  private void announce() {
    peers.pool(
        new GpuPool.Announce(
            device, self(), running == null ? "" : running.id(), received, false, accepts));
  }

  private ActorRef<Gpu.Command> self() {
    return getContext().getSelf();
  }
}
