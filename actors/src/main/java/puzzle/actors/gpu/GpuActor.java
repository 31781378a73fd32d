package puzzle.actors.gpu;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.PreRestart;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import puzzle.actors.work.Peers;
import puzzle.cluster.PuzzleSettings;
import puzzle.model.Device;
import puzzle.model.Failure;
import puzzle.protocol.Feed;
import puzzle.protocol.Gpu;
import puzzle.protocol.GpuPool;
import puzzle.protocol.Work;

/**
 * Runs one attempt at a time on one device. Owns the device; owns no retry and no result: an
 * outcome is repeated to the task's owner until it is acknowledged, wherever the owner has moved.
 * When it dies, the attempt's lease runs out and the owner decides.
 */
public final class GpuActor extends AbstractBehavior<Gpu.Command> {

  private record Finished(DeviceThread.Ended ended) implements Gpu.Internal {}

  private enum Tick implements Gpu.Internal {
    HEARTBEAT,
    ANNOUNCE,
    SAMPLE,
    GRACE,
    RESTED
  }

  private final TimerScheduler<Gpu.Command> timers;
  private final Device device;
  private final PuzzleSettings.Gpu settings;
  private final Peers peers;
  private final LongSupplier nanos;
  private final ActorRef<DeviceThread.Job> thread;
  private final ActorRef<DeviceThread.Ended> ended;

  /** Outcomes no owner has acknowledged yet. */
  private final Map<Work.Report, Work.Owner> outbox = new LinkedHashMap<>();

  private Work.Ticket running;
  private TaskProgress signs;
  private TaskProgress.Progress shown;
  private boolean draining;

  /** What the device makes cannot be written: it takes nothing for a while. */
  private boolean resting;

  private ActorRef<Gpu.Retired> retirement;
  private long received;

  /**
   * @param thread runs the engine, see {@link DeviceThread}
   */
  public static Behavior<Gpu.Command> create(
      Device device,
      ActorRef<DeviceThread.Job> thread,
      PuzzleSettings.Gpu settings,
      Peers peers,
      LongSupplier nanos) {
    Behavior<Gpu.Command> behavior =
        Behaviors.withTimers(
            timers -> {
              timers.startTimerWithFixedDelay(Tick.HEARTBEAT, settings.heartbeat());
              timers.startTimerWithFixedDelay(Tick.ANNOUNCE, settings.announce());
              timers.startTimerWithFixedDelay(Tick.SAMPLE, settings.sample());
              return Behaviors.setup(
                  context -> new GpuActor(context, timers, device, thread, settings, peers, nanos));
            });
    return Behaviors.supervise(behavior)
        .onFailure(
            SupervisorStrategy.restartWithBackoff(
                settings.restartMin(), settings.restartMax(), 0.2));
  }

  private GpuActor(
      ActorContext<Gpu.Command> context,
      TimerScheduler<Gpu.Command> timers,
      Device device,
      ActorRef<DeviceThread.Job> thread,
      PuzzleSettings.Gpu settings,
      Peers peers,
      LongSupplier nanos) {
    super(context);
    this.timers = timers;
    this.device = device;
    this.settings = settings;
    this.peers = peers;
    this.nanos = nanos;
    this.thread = thread;
    this.ended = context.messageAdapter(DeviceThread.Ended.class, Finished::new);
    announce();
  }

  @Override
  public Receive<Gpu.Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Gpu.Perform.class, this::onPerform)
        .onMessage(Gpu.Cancel.class, this::onCancel)
        .onMessage(Gpu.Acknowledge.class, this::onAcknowledge)
        .onMessage(Gpu.Drain.class, this::onDrain)
        .onMessage(Gpu.Retire.class, this::onRetire)
        .onMessage(Finished.class, this::onFinished)
        .onMessageEquals(Tick.HEARTBEAT, this::onHeartbeat)
        .onMessageEquals(Tick.ANNOUNCE, this::onAnnounce)
        .onMessageEquals(Tick.SAMPLE, this::onSample)
        .onMessageEquals(Tick.GRACE, this::stop)
        .onMessageEquals(Tick.RESTED, this::onRested)
        .onSignal(PreRestart.class, s -> stop())
        .onSignal(PostStop.class, s -> stop())
        .build();
  }

  private Behavior<Gpu.Command> onPerform(Gpu.Perform perform) {
    received++;
    Work.Ticket ticket = perform.ticket();
    if (running != null || draining || resting) {
      peers.pool(new GpuPool.Decline(device, ticket));
      announce();
      return this;
    }
    running = ticket;
    signs = new TaskProgress(nanos);
    shown = null;
    thread.tell(new DeviceThread.Job(ticket, signs, ended));
    peers.owner(
        ticket.owner(), new Work.Started(ticket.task().key(), ticket.attempt(), device, self()));
    return this;
  }

  private Behavior<Gpu.Command> onCancel(Gpu.Cancel cancel) {
    if (running != null
        && running.task().key().equals(cancel.key())
        && running.attempt() == cancel.attempt()) {
      signs.cancel();
    }
    return this;
  }

  private Behavior<Gpu.Command> onAcknowledge(Gpu.Acknowledge acknowledge) {
    outbox
        .keySet()
        .removeIf(r -> r.key().equals(acknowledge.key()) && r.attempt() == acknowledge.attempt());
    tellIfRetired();
    return this;
  }

  private Behavior<Gpu.Command> onDrain(Gpu.Drain drain) {
    draining = true;
    return this;
  }

  private Behavior<Gpu.Command> onRetire(Gpu.Retire retire) {
    draining = true;
    retirement = retire.replyTo();
    timers.startSingleTimer(Tick.GRACE, retire.grace());
    tellIfRetired();
    return this;
  }

  private void tellIfRetired() {
    if (retirement != null && running == null && outbox.isEmpty()) {
      retirement.tell(new Gpu.Retired(device));
    }
  }

  private Behavior<Gpu.Command> onFinished(Finished finished) {
    Work.Ticket ticket = finished.ended().ticket();
    if (!ticket.equals(running)) {
      return this;
    }
    running = null;
    signs = null;
    Work.Report report = report(finished.ended());
    if (report instanceof Work.Failed f && f.failure().kind() == Failure.Kind.NO_STORAGE) {
      resting = true;
      timers.startSingleTimer(Tick.RESTED, settings.rest());
      getContext()
          .getLog()
          .warn("{} takes no task for {}: {}", device, settings.rest(), f.failure().message());
    }
    outbox.put(report, ticket.owner());
    peers.owner(ticket.owner(), report);
    announce();
    return this;
  }

  /** A task that shows no sign of life for too long lets its lease run out. */
  private Behavior<Gpu.Command> onHeartbeat() {
    if (running != null && !hangs()) {
      peers.owner(
          running.owner(), new Work.Alive(running.task().key(), running.attempt(), device, self()));
    }
    outbox.forEach((report, owner) -> peers.owner(owner, report));
    return this;
  }

  private Behavior<Gpu.Command> onAnnounce() {
    announce();
    return this;
  }

  private Behavior<Gpu.Command> onSample() {
    TaskProgress.Progress latest = signs == null ? null : signs.latest();
    if (latest != null && !latest.equals(shown)) {
      shown = latest;
      peers.announce(
          new Feed.Progressed(
              running.spec().id(),
              running.task().key(),
              device,
              latest.done(),
              latest.total(),
              latest.loss()));
    }
    return this;
  }

  private Behavior<Gpu.Command> onRested() {
    resting = false;
    announce();
    return this;
  }

  private Behavior<Gpu.Command> stop() {
    if (signs != null) {
      signs.cancel();
    }
    return this;
  }

  private Work.Report report(DeviceThread.Ended end) {
    String key = end.ticket().task().key();
    int attempt = end.ticket().attempt();
    if (end.result() != null) {
      return new Work.Done(key, attempt, device, self(), end.result());
    }
    Failure failure =
        end.failure() != null
            ? end.failure()
            : new Failure(Failure.Kind.DEVICE_LOST, key + ": was stopped on " + device + ".");
    return new Work.Failed(key, attempt, device, self(), failure);
  }

  private boolean hangs() {
    return running != null && signs.silentNanos() >= settings.silence().toNanos();
  }

  /** A device that hangs is as good as gone: the pool must not wait for its host to be idle. */
  private void announce() {
    if (!hangs() && (!draining && !resting || running != null)) {
      peers.pool(
          new GpuPool.Announce(
              device,
              self(),
              running == null ? "" : running.id(),
              received,
              running != null && running.exclusive()));
    }
  }

  private ActorRef<Gpu.Command> self() {
    return getContext().getSelf();
  }
}
