package puzzle.actors.gpu;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import puzzle.actors.work.Chronicle;
import puzzle.cluster.PuzzleSettings;
import puzzle.model.Device;
import puzzle.protocol.Gpu;
import puzzle.protocol.GpuPool;
import puzzle.protocol.Work;

/**
 * Matches offered attempts to free devices, see {@link Matching}. All it knows is soft: devices
 * announce themselves, and owners offer again what nobody took, so that a pool which died elsewhere
 * is whole again within one announcement and one re-offer. It never judges a result.
 */
public final class GpuPoolActor extends AbstractBehavior<GpuPool.Command> {

  private record GpuGone(Device device, ActorRef<Gpu.Command> gpu) implements GpuPool.Internal {}

  private enum Tick implements GpuPool.Internal {
    INSTANCE
  }

  /** Offers that cross their dispatch are recognised for so many announcements. */
  private static final int MEMORY = 60;

  /** A device that was not heard of, or did not see a task, for so many announcements is lost. */
  private static final int PATIENCE = 10;

  /** When which attempt was sent where. */
  private record Sent(int attempt, String device, long at) {}

  private final PuzzleSettings.Gpu settings;
  private final LongSupplier nanos;
  private final Matching matching;

  /**
   * What was sent lately, oldest first: its device is alive and will report it, so an offer of the
   * same attempt has crossed the sending.
   */
  private final Map<String, Sent> sent = new LinkedHashMap<>();

  public static Behavior<GpuPool.Command> create(PuzzleSettings.Gpu settings, LongSupplier nanos) {
    // A singleton that stops by itself is not started again: a bug here must not end every run.
    return Behaviors.supervise(
            Behaviors.<GpuPool.Command>withTimers(
                timers -> {
                  timers.startTimerWithFixedDelay(Tick.INSTANCE, settings.announce());
                  return Behaviors.setup(context -> new GpuPoolActor(context, settings, nanos));
                }))
        .onFailure(
            SupervisorStrategy.restartWithBackoff(
                settings.restartMin(), settings.restartMax(), 0.2));
  }

  private GpuPoolActor(
      ActorContext<GpuPool.Command> context, PuzzleSettings.Gpu settings, LongSupplier nanos) {
    super(context);
    this.settings = settings;
    this.matching = new Matching(settings.leave(), this::send);
    this.nanos = nanos;
    Chronicle.poolStarted();
  }

  @Override
  public Receive<GpuPool.Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(GpuPool.Offer.class, this::onOffer)
        .onMessage(GpuPool.Withdraw.class, this::onWithdraw)
        .onMessage(GpuPool.Announce.class, this::onAnnounce)
        .onMessage(GpuPool.Decline.class, this::onDecline)
        .onMessage(GpuGone.class, this::onGpuGone)
        .onMessage(Tick.class, this::onTick)
        .build();
  }

  private Behavior<GpuPool.Command> onOffer(GpuPool.Offer offer) {
    Sent known = sent.get(offer.ticket().id());
    if (known == null || known.attempt < offer.ticket().attempt()) {
      matching.offer(offer.ticket());
    }
    return this;
  }

  private Behavior<GpuPool.Command> onWithdraw(GpuPool.Withdraw withdraw) {
    Work.Owner owner = withdraw.owner();
    matching.withdraw(owner.kind() + "|" + owner.entityId() + "|" + withdraw.key());
    matching.match();
    return this;
  }

  private Behavior<GpuPool.Command> onAnnounce(GpuPool.Announce announce) {
    KnownDevice seat = matching.seat(announce.device().name());
    if (seat == null
        || !seat.gpu.equals(announce.gpu())
        || !seat.accepts.equals(announce.accepts())) {
      if (seat != null) {
        forget(seat);
      }
      seat = new KnownDevice(announce.device(), announce.gpu(), announce.accepts());
      seat.sent = announce.received();
      matching.add(seat);
      getContext().watchWith(seat.gpu, new GpuGone(seat.device, seat.gpu));
    }
    seat.heard = nanos.getAsLong();
    if (!announce.running().isEmpty()) {
      matching.busy(seat, announce.running(), announce.exclusive());
    } else if (announce.received() == seat.sent || lostOnTheWay(seat)) {
      if (announce.received() != seat.sent) {
        forget(seat);
      }
      seat.sent = announce.received();
      matching.idle(seat);
    }
    return this;
  }

  private Behavior<GpuPool.Command> onDecline(GpuPool.Decline decline) {
    KnownDevice seat = matching.seat(decline.device().name());
    if (seat != null && seat.running.equals(decline.ticket().id())) {
      // What it runs instead, its next announcement tells.
      matching.busy(seat, "unknown", false);
    }
    sent.remove(decline.ticket().id());
    matching.offer(decline.ticket());
    return this;
  }

  private Behavior<GpuPool.Command> onGpuGone(GpuGone gone) {
    KnownDevice seat = matching.seat(gone.device().name());
    if (seat != null && seat.gpu.equals(gone.gpu())) {
      remove(seat);
      matching.match();
    }
    return this;
  }

  /** A device that was not heard of for long may hang; it gets nothing until it speaks again. */
  private Behavior<GpuPool.Command> onTick(Tick tick) {
    long now = nanos.getAsLong();
    long silent = settings.announce().toNanos() * PATIENCE;
    matching.seats().stream().filter(s -> now - s.heard > silent).toList().forEach(this::remove);
    long old = settings.announce().toNanos() * MEMORY;
    Iterator<Sent> oldest = sent.values().iterator();
    while (oldest.hasNext() && now - oldest.next().at > old) {
      oldest.remove();
    }
    matching.match();
    return this;
  }

  private void send(KnownDevice seat, Work.Ticket ticket) {
    seat.sent++;
    seat.lastSent = nanos.getAsLong();
    sent.remove(ticket.id());
    sent.put(ticket.id(), new Sent(ticket.attempt(), seat.name(), seat.lastSent));
    seat.gpu.tell(new Gpu.Perform(ticket));
    Chronicle.dispatched(ticket);
  }

  private void remove(KnownDevice seat) {
    matching.remove(seat);
    forget(seat);
  }

  /** The device will not report what it was sent: it is gone, restarted, or never got it. */
  private void forget(KnownDevice seat) {
    sent.values().removeIf(s -> s.device.equals(seat.name()));
  }

  private boolean lostOnTheWay(KnownDevice seat) {
    return seat.heard - seat.lastSent > settings.announce().toNanos() * PATIENCE;
  }
}
