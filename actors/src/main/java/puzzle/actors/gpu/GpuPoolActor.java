package puzzle.actors.gpu;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import puzzle.cluster.PuzzleSettings;
import puzzle.model.Device;
import puzzle.protocol.Gpu;
import puzzle.protocol.GpuPool;
import puzzle.protocol.Work;

/**
 * Matches offered attempts to free devices: most urgent first, and within a priority to the device
 * that has the layer's activations at hand. All it knows is soft: devices announce themselves, and
 * owners offer again what nobody took, so that a pool which died elsewhere is whole again within
 * one announcement and one re-offer. It never judges a result.
 *
 * <p>A task that measures time has its host to itself: nothing is dispatched there until the host's
 * other devices are idle and the measurement is over.
 */
public final class GpuPoolActor extends AbstractBehavior<GpuPool.Command> {

  private record GpuGone(Device device, ActorRef<Gpu.Command> gpu) implements GpuPool.Internal {}

  private enum Tick implements GpuPool.Internal {
    INSTANCE
  }

  /** One device as last heard of. */
  private static final class Seat {
    private final Device device;
    private final ActorRef<Gpu.Command> gpu;
    private String running = "";
    private boolean exclusive;
    private int layer = -1;
    private long heard;
    private long sent;
    private long lastSent;

    private Seat(Device device, ActorRef<Gpu.Command> gpu) {
      this.device = device;
      this.gpu = gpu;
    }

    private boolean free() {
      return running.isEmpty();
    }
  }

  /** Offers that cross their dispatch are recognised for so many announcements. */
  private static final int MEMORY = 300;

  /** A device that was not heard of, or did not see a task, for so many announcements is lost. */
  private static final int PATIENCE = 10;

  /** When which attempt was sent where. */
  private record Sent(int attempt, String device, long at) {}

  private final PuzzleSettings.Gpu settings;
  private final LongSupplier nanos;
  private final TicketQueue queue = new TicketQueue();
  private final Map<String, Seat> seats = new TreeMap<>();

  /**
   * What was sent lately: its device is alive and will report it, so an offer of the same attempt
   * has crossed the sending.
   */
  private final Map<String, Sent> sent = new HashMap<>();

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
    this.nanos = nanos;
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
      queue.put(offer.ticket());
      dispatch();
    }
    return this;
  }

  private Behavior<GpuPool.Command> onWithdraw(GpuPool.Withdraw withdraw) {
    Work.Owner owner = withdraw.owner();
    queue.remove(owner.kind() + "|" + owner.entityId() + "|" + withdraw.key());
    return this;
  }

  private Behavior<GpuPool.Command> onAnnounce(GpuPool.Announce announce) {
    Seat seat = seats.get(announce.device().name());
    if (seat == null || !seat.gpu.equals(announce.gpu())) {
      seat = new Seat(announce.device(), announce.gpu());
      seat.sent = announce.received();
      seats.put(announce.device().name(), seat);
      getContext().watchWith(seat.gpu, new GpuGone(seat.device, seat.gpu));
    }
    seat.heard = nanos.getAsLong();
    if (!announce.running().isEmpty()) {
      seat.running = announce.running();
      queue.remove(announce.running());
    } else if (announce.received() == seat.sent || lostOnTheWay(seat)) {
      if (announce.received() != seat.sent) {
        forget(seat);
      }
      seat.sent = announce.received();
      seat.running = "";
      seat.exclusive = false;
    }
    dispatch();
    return this;
  }

  private Behavior<GpuPool.Command> onDecline(GpuPool.Decline decline) {
    Seat seat = seats.get(decline.device().name());
    if (seat != null && seat.running.equals(decline.ticket().id())) {
      // What it runs instead, its next announcement tells.
      seat.running = "unknown";
      seat.exclusive = false;
    }
    sent.remove(decline.ticket().id());
    queue.put(decline.ticket());
    dispatch();
    return this;
  }

  private Behavior<GpuPool.Command> onGpuGone(GpuGone gone) {
    Seat seat = seats.get(gone.device().name());
    if (seat != null && seat.gpu.equals(gone.gpu())) {
      seats.remove(gone.device().name());
      forget(seat);
      dispatch();
    }
    return this;
  }

  /** A device that was not heard of for long may hang; it gets nothing until it speaks again. */
  private Behavior<GpuPool.Command> onTick(Tick tick) {
    long now = nanos.getAsLong();
    long silent = settings.announce().toNanos() * PATIENCE;
    List<Seat> gone = seats.values().stream().filter(s -> now - s.heard > silent).toList();
    gone.forEach(s -> seats.remove(s.device.name()));
    gone.forEach(this::forget);
    sent.values().removeIf(s -> now - s.at > settings.announce().toNanos() * MEMORY);
    return this;
  }

  private void dispatch() {
    boolean progress = true;
    while (progress && !queue.isEmpty()) {
      progress = false;
      for (Seat seat : seats.values()) {
        if (seat.free() && mayStart(seat)) {
          queue.poll(seat.layer, layersOfOthers(seat)).ifPresent(t -> send(seat, t));
          progress = !queue.isEmpty();
        }
      }
    }
  }

  private boolean mayStart(Seat seat) {
    boolean othersBusy = false;
    for (Seat other : seats.values()) {
      if (other != seat && other.device.host().equals(seat.device.host()) && !other.free()) {
        if (other.exclusive) {
          return false;
        }
        othersBusy = true;
      }
    }
    return !queue.isEmpty() && !(queue.nextIsExclusive() && othersBusy);
  }

  private void send(Seat seat, Work.Ticket ticket) {
    seat.running = ticket.id();
    seat.exclusive = ticket.exclusive();
    seat.sent++;
    seat.lastSent = nanos.getAsLong();
    sent.put(ticket.id(), new Sent(ticket.attempt(), seat.device.name(), seat.lastSent));
    if (ticket.layer() >= 0) {
      seat.layer = ticket.layer();
    }
    seat.gpu.tell(new Gpu.Perform(ticket));
  }

  /** The device will not report what it was sent: it is gone, restarted, or never got it. */
  private void forget(Seat seat) {
    sent.values().removeIf(s -> s.device.equals(seat.device.name()));
  }

  private boolean lostOnTheWay(Seat seat) {
    return seat.heard - seat.lastSent > settings.announce().toNanos() * PATIENCE;
  }

  private Set<Integer> layersOfOthers(Seat seat) {
    Set<Integer> layers = new HashSet<>();
    for (Seat other : seats.values()) {
      if (other != seat && other.layer >= 0) {
        layers.add(other.layer);
      }
    }
    return layers;
  }
}
