package puzzle.actors.gpu;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
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

  /** True where the most urgent offer measures time. */
  boolean nextIsExclusive() {
    return peek(-1, Set.of()).map(Work.Ticket::exclusive).orElse(false);
  }

  /**
   * The most urgent offer: of the layer whose activations the device has at hand, else of one that
   * no other device works on, else the oldest.
   *
   * @param layer the device last worked on, or -1
   * @param others layers that other devices work on
   */
  Optional<Work.Ticket> peek(int layer, Set<Integer> others) {
    if (queue.isEmpty()) {
      return Optional.empty();
    }
    LinkedHashMap<Integer, LinkedHashMap<String, Work.Ticket>> layers =
        queue.firstEntry().getValue();
    LinkedHashMap<String, Work.Ticket> tickets = layers.get(layer);
    if (tickets == null) {
      tickets =
          layers.entrySet().stream()
              .filter(e -> !others.contains(e.getKey()))
              .findFirst()
              .orElseGet(() -> layers.entrySet().iterator().next())
              .getValue();
    }
    return Optional.of(tickets.values().iterator().next());
  }

  Optional<Work.Ticket> poll(int layer, Set<Integer> others) {
    Optional<Work.Ticket> next = peek(layer, others);
    next.ifPresent(t -> remove(t.id()));
    return next;
  }

  /** The most urgent offer a choosy device takes, the oldest first; looks at every offer. */
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
}
