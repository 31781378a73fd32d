package puzzle.actors.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;
import puzzle.actors.Examples;
import puzzle.model.RunSpec;
import puzzle.model.Subblock;
import puzzle.model.Task;
import puzzle.model.Variant;
import puzzle.protocol.Work;

class TicketQueueTest {

  private final RunSpec spec = Examples.spec(Path.of("/store"));
  private final TicketQueue queue = new TicketQueue();

  @Test
  void theMostUrgentComesFirst() {
    queue.put(ticket(0, 30, 1));
    queue.put(ticket(1, 20, 1));
    assertEquals(1, poll(0).orElseThrow().layer());
    assertEquals(0, poll(0).orElseThrow().layer());
    assertTrue(queue.isEmpty());
    assertTrue(poll(0).isEmpty());
  }

  @Test
  void aDeviceStaysOnItsLayerAndElseTakesOneThatNobodyWorksOn() {
    queue.put(ticket(0, 30, 1));
    queue.put(ticket(1, 30, 1));
    queue.put(ticket(2, 30, 1));
    assertEquals(2, poll(2, 0).orElseThrow().layer());
    assertEquals(1, poll(2, 0).orElseThrow().layer());
    assertEquals(0, poll(2, 0).orElseThrow().layer());
  }

  @Test
  void aNewerAttemptTakesTheOldersPlace() {
    queue.put(ticket(0, 30, 1));
    queue.put(ticket(0, 30, 2));
    queue.put(ticket(0, 30, 1));
    assertEquals(1, queue.size());
    assertEquals(2, poll(-1).orElseThrow().attempt());
  }

  @Test
  void whatIsWithdrawnIsNotHandedOut() {
    Work.Ticket ticket = ticket(0, 30, 1);
    queue.put(ticket);
    assertTrue(queue.contains(ticket.id()));
    queue.remove(ticket.id());
    queue.remove(ticket.id());
    assertFalse(queue.contains(ticket.id()));
    assertTrue(queue.isEmpty());
  }

  @Test
  void whatFailedOnADeviceIsKeptForAnother() {
    queue.put(ticket(0, 20, 2, "host/cpu-0"));
    queue.put(ticket(1, 30, 1));
    IntPredicate nobody = layer -> false;
    assertEquals(1, queue.poll(0, nobody, "host/cpu-0").orElseThrow().layer());
    assertTrue(queue.poll(0, nobody, "host/cpu-0").isEmpty());
    assertEquals(2, queue.poll(0, nobody, "host/cpu-1").orElseThrow().attempt());
  }

  private Optional<Work.Ticket> poll(int layer, Integer... crowded) {
    return queue.poll(layer, Set.of(crowded)::contains, "host/cpu-9");
  }

  private Work.Ticket ticket(int layer, int priority, int attempt) {
    return ticket(layer, priority, attempt, "");
  }

  private Work.Ticket ticket(int layer, int priority, int attempt, String avoid) {
    return new Work.Ticket(
        spec,
        new Work.Owner(Work.Owner.Kind.LAYER, "run/" + layer),
        new Task.Bld(layer, Variant.linear(Subblock.FFN), null),
        attempt,
        priority,
        layer,
        false,
        avoid);
  }
}
