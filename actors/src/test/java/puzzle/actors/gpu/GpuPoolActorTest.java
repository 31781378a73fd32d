package puzzle.actors.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import org.apache.pekko.actor.testkit.typed.javadsl.BehaviorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.apache.pekko.actor.typed.Behavior;
import org.junit.jupiter.api.Test;
import puzzle.actors.Examples;
import puzzle.cluster.PuzzleSettings;
import puzzle.model.Device;
import puzzle.model.RunSpec;
import puzzle.model.Task;
import puzzle.protocol.Gpu;
import puzzle.protocol.GpuPool;
import puzzle.protocol.Work;

class GpuPoolActorTest {

  private static final PuzzleSettings SETTINGS =
      PuzzleSettings.from(Examples.QUICK.withFallback(Examples.DEFAULTS));

  private final RunSpec spec = Examples.spec(Path.of("/store"));
  private long now;
  private final BehaviorTestKit<GpuPool.Command> pool = BehaviorTestKit.create(behavior());
  private final Seat a = new Seat(new Device("host", "cpu", 0));
  private final Seat b = new Seat(new Device("host", "cpu", 1));

  @Test
  void aFreeDeviceGetsTheMostUrgentOffer() {
    offer("late", 40, 1, false);
    offer("soon", 20, 1, false);
    a.announceFree();
    assertEquals(List.of("evaluate/soon"), a.performed());
    a.announceFree();
    assertEquals(List.of("evaluate/late"), a.performed());
  }

  @Test
  void anAnnouncementThatCrossedATaskFreesNobody() {
    a.announceFree();
    offer("one", 20, 1, false);
    assertEquals(List.of("evaluate/one"), a.performed());
    offer("two", 20, 1, false);
    a.received--;
    a.announceFree();
    assertEquals(List.of(), a.performed());
    a.received++;
    a.announceFree();
    assertEquals(List.of("evaluate/two"), a.performed());
  }

  @Test
  void aTaskThatGotLostOnTheWayFreesItsDeviceAfterAWhile() {
    a.announceFree();
    offer("one", 20, 1, false);
    a.performed();
    a.received--;
    now += 10 * SETTINGS.gpu().announce().toNanos() + 1;
    a.announceFree();
    offer("two", 20, 1, false);
    assertEquals(List.of("evaluate/two"), a.performed());
  }

  @Test
  void anOfferThatCrossedItsDispatchIsNotRunTwice() {
    a.announceFree();
    offer("one", 20, 1, false);
    offer("one", 20, 1, false);
    b.announceFree();
    assertEquals(List.of("evaluate/one"), a.performed());
    assertEquals(List.of(), b.performed());
    offer("one", 20, 2, false);
    assertEquals(List.of("evaluate/one"), b.performed());
  }

  @Test
  void aMeasurementHasItsHostToItself() {
    a.announceFree();
    b.announceFree();
    offer("busy", 20, 1, false);
    offer("timed", 1, 1, true);
    offer("later", 20, 1, false);
    assertEquals(List.of("evaluate/busy"), a.performed());
    assertEquals(List.of(), b.performed());
    a.announceFree();
    assertEquals(List.of("evaluate/timed"), a.performed());
    assertEquals(List.of(), b.performed());
    a.announceFree();
    assertEquals(List.of("evaluate/later"), a.performed());
  }

  @Test
  void aDeclinedTaskGoesToAnotherDevice() {
    a.announceFree();
    Work.Ticket ticket = offer("one", 20, 1, false);
    a.performed();
    b.announceFree();
    pool.run(new GpuPool.Decline(a.device, ticket));
    assertEquals(List.of("evaluate/one"), b.performed());
  }

  @Test
  void aPoolThatJustStartedLearnsWhatRunsWhere() {
    Work.Ticket ticket = ticket("one", 20, 1, false);
    a.received = 7;
    pool.run(new GpuPool.Announce(a.device, a.inbox.getRef(), ticket.id(), a.received, false));
    offer("two", 20, 1, false);
    assertEquals(List.of(), a.performed());
    a.announceFree();
    assertEquals(List.of("evaluate/two"), a.performed());
  }

  private Behavior<GpuPool.Command> behavior() {
    return GpuPoolActor.create(SETTINGS.gpu(), () -> now);
  }

  private Work.Ticket offer(String label, int priority, int attempt, boolean exclusive) {
    Work.Ticket ticket = ticket(label, priority, attempt, exclusive);
    pool.run(new GpuPool.Offer(ticket));
    return ticket;
  }

  private Work.Ticket ticket(String label, int priority, int attempt, boolean exclusive) {
    return new Work.Ticket(
        spec,
        new Work.Owner(Work.Owner.Kind.RUN, "run"),
        new Task.Evaluate(label, null, List.of(), null, null),
        attempt,
        priority,
        -1,
        exclusive,
        "");
  }

  /** A device played by the test. */
  private final class Seat {
    private final Device device;
    private final TestInbox<Gpu.Command> inbox = TestInbox.create();
    private long received;

    private Seat(Device device) {
      this.device = device;
    }

    private void announceFree() {
      pool.run(new GpuPool.Announce(device, inbox.getRef(), "", received, false));
    }

    private List<String> performed() {
      List<String> keys =
          inbox.getAllReceived().stream()
              .map(c -> ((Gpu.Perform) c).ticket().task().key())
              .toList();
      received += keys.size();
      return keys;
    }
  }
}
