package puzzle.actors.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.ConfigFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.ManualTime;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import puzzle.actors.Examples;
import puzzle.actors.Reports;
import puzzle.model.CheckpointRef;
import puzzle.model.Device;
import puzzle.model.Failure;
import puzzle.model.Task;
import puzzle.model.TaskResult;
import puzzle.protocol.Gpu;
import puzzle.protocol.GpuPool;
import puzzle.protocol.Work;

/** A worker outside, with timers and a clock that stand still unless a test lets time pass. */
class RemoteGpuActorTest {

  private static final RemoteGpuActor.Timing TIMING =
      new RemoteGpuActor.Timing(
          Duration.ofSeconds(1), Duration.ofSeconds(30), Duration.ofMinutes(10));
  private static final TaskResult RESULT =
      new TaskResult.Trained(new CheckpointRef("w", 1, "0".repeat(64)), 2, 1, 10, 0, null);

  private final Device device = new Device("w1", "external", 0);
  private final Reports peers = new Reports();
  private final AtomicLong nanos = new AtomicLong();
  private final AtomicInteger stopped = new AtomicInteger();
  private ActorTestKit kit;
  private ManualTime time;
  private ActorRef<Gpu.Command> worker;

  @BeforeEach
  void start() {
    kit =
        ActorTestKit.create(
            ManualTime.config()
                .withFallback(ConfigFactory.parseString("pekko.actor.provider = local"))
                .withFallback(ConfigFactory.defaultReference())
                .resolve());
    time = ManualTime.get(kit.system());
    worker =
        kit.spawn(
            RemoteGpuActor.create(device, TIMING, peers, nanos::get, stopped::incrementAndGet));
  }

  @AfterEach
  void stop() {
    kit.shutdownTestKit();
  }

  @Test
  void isInThePoolOnlyWhileItAsksAndGetsNothingIfThereIsNothing() throws Exception {
    pass(TIMING.heartbeat());
    worker.tell(new Gpu.Perform(ticket(1)));
    peers.await(GpuPool.Decline.class);
    assertTrue(peers.take(GpuPool.Announce.class).isEmpty());
    TestProbe<RemoteGpuActor.Leased> leased = ask(Duration.ofSeconds(20));
    assertEquals(Set.of("score"), peers.await(GpuPool.Announce.class).accepts());
    pass(Duration.ofSeconds(20));
    assertNull(leased.receiveMessage().lease());
  }

  @Test
  void aWorkerThatIsSilentLosesItsTaskAndIsToldSo() throws Exception {
    String lease = leased(1);
    peers.await(Work.Started.class);
    nanos.addAndGet(TIMING.silence().toNanos());
    time.timePasses(TIMING.heartbeat());
    peers.await(Work.Alive.class);
    nanos.addAndGet(1);
    time.timePasses(TIMING.heartbeat());
    assertEquals(Failure.Kind.DEVICE_LOST, peers.await(Work.Failed.class).failure().kind());
    TestProbe<RemoteGpuActor.Ended> ended = kit.createTestProbe();
    worker.tell(new RemoteGpuActor.End(lease, RESULT, null, ended.ref()));
    assertEquals(new RemoteGpuActor.Ended(false, false), ended.receiveMessage());
  }

  @Test
  void aBeatRenewsTheLeaseAndTellsAWorkerThatItsTaskIsNoLongerWanted() throws Exception {
    String lease = leased(1);
    nanos.addAndGet(TIMING.silence().toNanos());
    TestProbe<RemoteGpuActor.Beaten> beaten = kit.createTestProbe();
    worker.tell(new RemoteGpuActor.Beat(lease, 0, 0, Double.NaN, beaten.ref()));
    assertEquals(new RemoteGpuActor.Beaten(true, true), beaten.receiveMessage());
    pass(TIMING.silence());
    peers.await(Work.Alive.class);
    worker.tell(new Gpu.Cancel("record", 1));
    worker.tell(new RemoteGpuActor.Beat(lease, 0, 0, Double.NaN, beaten.ref()));
    assertEquals(new RemoteGpuActor.Beaten(true, false), beaten.receiveMessage());
  }

  @Test
  void aResultIsRepeatedUntilItsOwnerHasItAndOnlyThenToldToTheWorker() throws Exception {
    String lease = leased(1);
    TestProbe<RemoteGpuActor.Ended> ended = kit.createTestProbe();
    worker.tell(new RemoteGpuActor.End(lease, RESULT, null, ended.ref()));
    assertEquals(RESULT, peers.await(Work.Done.class).result());
    pass(TIMING.heartbeat());
    assertEquals(RESULT, peers.await(Work.Done.class).result());
    worker.tell(new Gpu.Acknowledge("record", 7));
    pass(TIMING.heartbeat());
    peers.await(Work.Done.class);
    ended.expectNoMessage(Duration.ZERO);
    worker.tell(new Gpu.Acknowledge("record", 1, false));
    assertEquals(new RemoteGpuActor.Ended(true, false), ended.receiveMessage());
  }

  @Test
  void aWorkerThatAsksForNothingIsForgottenButNotWhileItHasATask() throws Exception {
    String lease = leased(1);
    TestProbe<Object> watcher = kit.createTestProbe();
    TestProbe<RemoteGpuActor.Beaten> beaten = kit.createTestProbe();
    time.timePasses(TIMING.idle());
    worker.tell(new RemoteGpuActor.Beat(lease, 0, 0, Double.NaN, beaten.ref()));
    assertTrue(beaten.receiveMessage().held());
    TestProbe<RemoteGpuActor.Ended> ended = kit.createTestProbe();
    worker.tell(new RemoteGpuActor.End(lease, RESULT, null, ended.ref()));
    worker.tell(new Gpu.Acknowledge("record", 1));
    ended.receiveMessage();
    time.timePasses(TIMING.idle());
    watcher.expectTerminated(worker, Duration.ofSeconds(20));
    assertEquals(1, stopped.get());
  }

  private String leased(int attempt) throws InterruptedException {
    TestProbe<RemoteGpuActor.Leased> leased = ask(Duration.ofSeconds(20));
    peers.await(GpuPool.Announce.class);
    worker.tell(new Gpu.Perform(ticket(attempt)));
    return leased.receiveMessage().lease();
  }

  private TestProbe<RemoteGpuActor.Leased> ask(Duration patience) {
    TestProbe<RemoteGpuActor.Leased> leased = kit.createTestProbe();
    worker.tell(new RemoteGpuActor.Lease(Set.of("score"), patience, leased.ref()));
    return leased;
  }

  private void pass(Duration duration) {
    nanos.addAndGet(duration.toNanos());
    time.timePasses(duration);
  }

  private static Work.Ticket ticket(int attempt) {
    return new Work.Ticket(
        Examples.spec(Path.of("/store")),
        new Work.Owner(Work.Owner.Kind.RUN, "run"),
        new Task.Record(),
        attempt,
        0,
        -1,
        false,
        "");
  }
}
