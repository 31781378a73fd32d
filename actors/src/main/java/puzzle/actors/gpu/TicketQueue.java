package puzzle.actors.gpu;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import puzzle.protocol.Work;

/**
 * Offers that wait, by priority, then by layer, then by arrival. Taking the next one and replacing
 * one by a newer attempt cost the logarithm of the number of priorities.
 */
final class TicketQueue {

  /** priority, layer, id: in this order. */
  private final TreeMap<Integer, LinkedHashMap<Integer, LinkedHashMap<String, Work.Ticket>>> queue =
      new TreeMap<>();

  private final Map<String, Work.Ticket> byId = new HashMap<>();

  int size() {
    return byId.size();
  }

  boolean isEmpty() {
    return byId.isEmpty();
  }

  boolean contains(String id) {
    return byId.containsKey(id);
  }

  /** Adds an offer; of two attempts at one task the newer stays. */
  void put(Work.Ticket ticket) {
    Work.Ticket known = byId.get(ticket.id());
    if (known != null) {
      if (known.attempt() > ticket.attempt()
          || known.attempt() == ticket.attempt() && known.priority() == ticket.priority()) {
        return;
      }
      remove(ticket.id());
    }
    byId.put(ticket.id(), ticket);
    queue
        .computeIfAbsent(ticket.priority(), p -> new LinkedHashMap<>())
        .computeIfAbsent(ticket.layer(), l -> new LinkedHashMap<>())
        .put(ticket.id(), ticket);
  }

  void remove(String id) {
    Work.Ticket ticket = byId.remove(id);
    if (ticket == null) {
      return;
    }
    LinkedHashMap<Integer, LinkedHashMap<String, Work.Ticket>> layers =
        queue.get(ticket.priority());
    LinkedHashMap<String, Work.Ticket> tickets = layers.get(ticket.layer());
    tickets.remove(id);
    if (tickets.isEmpty()) {
      layers.remove(ticket.layer());
      if (layers.isEmpty()) {
        queue.remove(ticket.priority());
      }
    }
  }

  /** The most urgent priority there is. */
  OptionalInt priority() {
    return queue.isEmpty() ? OptionalInt.empty() : OptionalInt.of(queue.firstKey());
  }

  /** The oldest of the most urgent. */
  Optional<Work.Ticket> first() {
    return queue.isEmpty()
        ? Optional.empty()
        : Optional.of(
            queue.firstEntry().getValue().values().iterator().next().values().iterator().next());
  }

  /**
   * Takes the most urgent offer that a device may have: of the layer whose activations it has at
   * hand, else of one that no other device works on, else the oldest.
   *
   * @param layer the device last worked on, or -1
   * @param crowded layers that other devices work on
   * @param device its name; null if it may have all, as there is no other
   */
  Optional<Work.Ticket> poll(int layer, IntPredicate crowded, String device) {
    for (LinkedHashMap<Integer, LinkedHashMap<String, Work.Ticket>> layers : queue.values()) {
      Work.Ticket found = eligible(layers.get(layer), device);
      if (found == null) {
        found = spread(layers, crowded, device);
      }
      if (found != null) {
        remove(found.id());
        return Optional.of(found);
      }
    }
    return Optional.empty();
  }

  /** Takes the most urgent offer of those a choosy device takes; looks at every offer. */
  Optional<Work.Ticket> pollOneOf(Set<String> accepts) {
    Optional<Work.Ticket> next =
        queue.values().stream()
            .flatMap(layers -> layers.values().stream())
            .flatMap(tickets -> tickets.values().stream())
            .filter(t -> t.isOneOf(accepts))
            .findFirst();
    next.ifPresent(t -> remove(t.id()));
    return next;
  }

  private static Work.Ticket spread(
      Map<Integer, LinkedHashMap<String, Work.Ticket>> layers,
      IntPredicate crowded,
      String device) {
    Work.Ticket oldest = null;
    for (Map.Entry<Integer, LinkedHashMap<String, Work.Ticket>> e : layers.entrySet()) {
      Work.Ticket ticket = eligible(e.getValue(), device);
      if (ticket != null && !crowded.test(e.getKey())) {
        return ticket;
      }
      oldest = oldest == null ? ticket : oldest;
    }
    return oldest;
  }

  private static Work.Ticket eligible(Map<String, Work.Ticket> tickets, String device) {
    if (tickets != null) {
      for (Work.Ticket ticket : tickets.values()) {
        if (!ticket.avoid().equals(device)) {
          return ticket;
        }
      }
    }
    return null;
  }
}
