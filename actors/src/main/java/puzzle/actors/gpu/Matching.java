package puzzle.actors.gpu;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import puzzle.protocol.Work;

/**
 * Who gets what: offers that wait on the one side, free devices on the other. Most urgent first;
 * within a priority a device continues with the layer it has at hand, else takes one that nobody
 * works on, so that layers spread. An attempt that failed on a device goes to another one, if there
 * is one.
 *
 * <p>A task that measures time wants its host to itself. When nothing is more urgent, the host with
 * the fewest busy devices is kept free for it; the others continue.
 *
 * <p>Whatever changes, the cost does not depend on the number of devices: free devices are kept by
 * layer, and a host counts its busy ones.
 */
final class Matching {

  private static final class Host {
    private final TreeMap<String, KnownDevice> free = new TreeMap<>();
    private int busy;
    private int measuring;
  }

  private final BiConsumer<KnownDevice, Work.Ticket> send;
  private final TicketQueue queue = new TicketQueue();
  private final TicketQueue measurements = new TicketQueue();

  /** Offers that only devices which ask for them by name may have. */
  private final TicketQueue left = new TicketQueue();

  private final Set<String> leave;
  private final Map<String, KnownDevice> seats = new TreeMap<>();
  private final Map<String, Host> hosts = new TreeMap<>();

  /** Free devices that may start something, in all and by the layer they have at hand. */
  private final TreeMap<String, KnownDevice> ready = new TreeMap<>();

  private final Map<Integer, TreeMap<String, KnownDevice>> readyByLayer = new HashMap<>();

  /** How many devices have a layer at hand. */
  private final Map<Integer, Integer> crowds = new HashMap<>();

  /** Free devices that take some kinds of task only; they have a host of their own. */
  private final TreeMap<String, KnownDevice> choosy = new TreeMap<>();

  /** Kept free for the next measurement; null if there is none. */
  private Host reserved;

  /**
   * @param leave tasks that are left to devices which ask for them by name
   * @param send called for each match, after it was taken note of
   */
  Matching(Set<String> leave, BiConsumer<KnownDevice, Work.Ticket> send) {
    this.leave = Set.copyOf(leave);
    this.send = send;
  }

  Collection<KnownDevice> seats() {
    return seats.values();
  }

  KnownDevice seat(String name) {
    return seats.get(name);
  }

  void offer(Work.Ticket ticket) {
    boolean others = !leave.isEmpty() && ticket.isOneOf(leave);
    (others ? left : ticket.exclusive() ? measurements : queue).put(ticket);
    match();
  }

  /** Takes a task off the queue. */
  void withdraw(String id) {
    queue.remove(id);
    measurements.remove(id);
    left.remove(id);
  }

  /** A device came; it is free. */
  void add(KnownDevice seat) {
    KnownDevice before = seats.get(seat.name());
    if (before != null) {
      remove(before);
    }
    seats.put(seat.name(), seat);
    if (seat.choosy()) {
      choosy.put(seat.name(), seat);
    } else {
      free(host(seat), seat);
    }
  }

  /** A device is gone. */
  void remove(KnownDevice seat) {
    if (!seats.remove(seat.name(), seat)) {
      return;
    }
    if (seat.choosy()) {
      choosy.remove(seat.name());
      return;
    }
    vacate(seat);
    unready(seat);
    moved(seat, -1);
    Host host = host(seat);
    host.free.remove(seat.name());
    if (host.busy + host.free.size() == 0) {
      hosts.remove(seat.device.host());
      reserved = reserved == host ? null : reserved;
    }
  }

  /** The device runs something, as it says. */
  void busy(KnownDevice seat, String id, boolean exclusive) {
    if (seat.choosy()) {
      choosy.remove(seat.name());
      seat.running = id;
    } else {
      vacate(seat);
      occupy(seat, id, exclusive);
    }
    withdraw(id);
  }

  /** The device runs nothing any more. */
  void idle(KnownDevice seat) {
    if (seat.choosy()) {
      choosy.put(seat.name(), seat);
      seat.running = "";
    } else {
      vacate(seat);
    }
    match();
  }

  /** Pairs all that can be paired. */
  void match() {
    for (KnownDevice seat : List.copyOf(choosy.values())) {
      left.pollOneOf(seat.accepts)
          .or(() -> queue.pollOneOf(seat.accepts))
          .ifPresent(
              ticket -> {
                choosy.remove(seat.name());
                seat.running = ticket.id();
                send.accept(seat, ticket);
              });
    }
    measure();
    while (!queue.isEmpty() && !ready.isEmpty()) {
      if (!pair()) {
        return;
      }
    }
  }

  private boolean pair() {
    TreeMap<String, KnownDevice> near = readyByLayer.get(queue.first().orElseThrow().layer());
    if (near != null && start(near.firstEntry().getValue())) {
      return true;
    }
    if (start(ready.firstEntry().getValue())) {
      return true;
    }
    // What waits failed on that device; another may have it.
    for (KnownDevice seat : List.copyOf(ready.values())) {
      if (start(seat)) {
        return true;
      }
    }
    return false;
  }

  private boolean start(KnownDevice seat) {
    Optional<Work.Ticket> ticket =
        queue.poll(
            seat.layer,
            layer -> crowds.getOrDefault(layer, 0) > (layer == seat.layer ? 1 : 0),
            seats.size() == 1 ? null : seat.name());
    ticket.ifPresent(t -> start(seat, t));
    return ticket.isPresent();
  }

  private void start(KnownDevice seat, Work.Ticket ticket) {
    occupy(seat, ticket.id(), ticket.exclusive());
    if (ticket.layer() >= 0) {
      moved(seat, ticket.layer());
    }
    send.accept(seat, ticket);
  }

  /** Starts measurements that nothing is more urgent than, or keeps a host free for the next. */
  private void measure() {
    while (!measurements.isEmpty()
        && (queue.isEmpty() || measurements.priority().getAsInt() <= queue.priority().getAsInt())) {
      if (reserved == null) {
        reserve();
      }
      if (reserved == null || reserved.busy > 0) {
        return;
      }
      Host host = reserved;
      KnownDevice seat = host.free.firstEntry().getValue();
      Optional<Work.Ticket> ticket = measurements.poll(-1, layer -> false, null);
      reserved = null;
      start(seat, ticket.orElseThrow());
    }
    if (reserved != null) {
      Host host = reserved;
      reserved = null;
      makeReady(host);
    }
  }

  private void reserve() {
    for (Host host : hosts.values()) {
      if (host.measuring == 0
          && host.busy + host.free.size() > 0
          && (reserved == null || host.busy < reserved.busy)) {
        reserved = host;
      }
    }
    if (reserved != null) {
      reserved.free.values().forEach(this::unready);
    }
  }

  /** A free device has something to do. */
  private void occupy(KnownDevice seat, String id, boolean exclusive) {
    Host host = host(seat);
    host.free.remove(seat.name());
    host.busy++;
    unready(seat);
    seat.running = id;
    seat.exclusive = exclusive;
    if (exclusive && host.measuring++ == 0) {
      host.free.values().forEach(this::unready);
    }
  }

  /** A busy device has nothing to do any more. */
  private void vacate(KnownDevice seat) {
    Host host = host(seat);
    if (host.free.containsKey(seat.name())) {
      return;
    }
    host.busy--;
    if (seat.exclusive && --host.measuring == 0 && host != reserved) {
      makeReady(host);
    }
    free(host, seat);
  }

  private void free(Host host, KnownDevice seat) {
    seat.running = "";
    seat.exclusive = false;
    host.free.put(seat.name(), seat);
    if (host.measuring == 0 && host != reserved) {
      ready(seat);
    }
  }

  private void makeReady(Host host) {
    if (host.measuring == 0) {
      host.free.values().forEach(this::ready);
    }
  }

  private void ready(KnownDevice seat) {
    if (ready.put(seat.name(), seat) == null) {
      readyByLayer.computeIfAbsent(seat.layer, l -> new TreeMap<>()).put(seat.name(), seat);
    }
  }

  private void unready(KnownDevice seat) {
    if (ready.remove(seat.name()) != null) {
      TreeMap<String, KnownDevice> same = readyByLayer.get(seat.layer);
      same.remove(seat.name());
      if (same.isEmpty()) {
        readyByLayer.remove(seat.layer);
      }
    }
  }

  /** Called for a device that is not ready. */
  private void moved(KnownDevice seat, int layer) {
    if (seat.layer >= 0) {
      crowds.merge(seat.layer, -1, (a, b) -> a + b == 0 ? null : a + b);
    }
    seat.layer = layer;
    if (layer >= 0) {
      crowds.merge(layer, 1, Integer::sum);
    }
  }

  private Host host(KnownDevice seat) {
    return hosts.computeIfAbsent(seat.device.host(), h -> new Host());
  }
}
