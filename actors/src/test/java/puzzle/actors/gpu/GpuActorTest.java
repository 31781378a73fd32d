package puzzle.actors.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import puzzle.actors.Examples;
import puzzle.actors.FakeEngine;
import puzzle.actors.Reports;
import puzzle.cluster.PuzzleSettings;
import puzzle.model.Device;
import puzzle.model.Failure;
import puzzle.model.RunSpec;
import puzzle.model.Task;
import puzzle.model.TaskResult;
import puzzle.protocol.Feed;
import puzzle.protocol.Gpu;
import puzzle.protocol.GpuPool;
import puzzle.protocol.Work;

class GpuActorTest {

  private static final Config CONFIG =
      ConfigFactory.parseString("puzzle.gpu { silence = 400ms, announce = 200ms, rest = 1s }")
          .withFallback(Examples.QUICK)
          .withFallback(Examples.DEFAULTS)
          .withFallback(ConfigFactory.parseString("pekko.actor.provider = local"))
          .withFallback(ConfigFactory.parseResources("dispatchers.conf"))
          .withFallback(ConfigFactory.defaultReference())
          .resolve();

  private final RunSpec spec = Examples.spec(Path.of("/store"));
  private final Device device = new Device("host", "cpu", 0);
  private final Reports peers = new Reports();
  private ActorTestKit kit;

  @BeforeEach
  void start() {
    kit = ActorTestKit.create(CONFIG);
  }

  @AfterEach
  void stop() {
    kit.shutdownTestKit();
  }

  @Test
  void runsATaskAndRepeatsItsResultUntilAcknowledged() throws Exception {
    ActorRef<Gpu.Command> gpu = gpu(new FakeEngine());
    gpu.tell(new Gpu.Perform(ticket(1)));
    assertEquals("record", peers.await(Work.Started.class).key());
    for (int i = 0; i < 3; i++) {
      assertInstanceOf(TaskResult.Recorded.class, peers.await(Work.Done.class).result());
    }
    gpu.tell(new Gpu.Acknowledge("record", 1));
    gpu.tell(new Gpu.Perform(ticket(2)));
    Work.Started second = peers.await(Work.Started.class);
    assertEquals(2, second.attempt());
    peers.take(Work.Done.class);
    assertEquals(2, peers.await(Work.Done.class).attempt());
  }

  @Test
  void aDeviceThatRetiresFinishesWhatItCanInTimeAndOwesNothing() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    ActorRef<Gpu.Command> gpu = gpu(new FakeEngine((task, monitor) -> await(go)));
    TestProbe<Gpu.Retired> retired = kit.createTestProbe(Gpu.Retired.class);
    gpu.tell(new Gpu.Perform(ticket(1)));
    peers.await(Work.Started.class);
    gpu.tell(new Gpu.Retire(Duration.ofSeconds(60), retired.ref()));
    gpu.tell(new Gpu.Perform(ticket(2)));
    assertEquals(2, peers.await(GpuPool.Decline.class).ticket().attempt());
    go.countDown();
    assertEquals(1, peers.await(Work.Done.class).attempt());
    gpu.tell(new Gpu.Acknowledge("record", 1));
    assertEquals(device, retired.receiveMessage().device());
  }

  @Test
  void aDeviceThatRetiresGivesBackWhatTakesTooLong() throws Exception {
    ActorRef<Gpu.Command> gpu = gpu(new FakeEngine(FakeEngine.lasting(600_000)));
    TestProbe<Gpu.Retired> retired = kit.createTestProbe(Gpu.Retired.class);
    gpu.tell(new Gpu.Perform(ticket(1)));
    peers.await(Work.Started.class);
    gpu.tell(new Gpu.Retire(Duration.ofMillis(50), retired.ref()));
    assertEquals(
        puzzle.model.Failure.Kind.DEVICE_LOST, peers.await(Work.Failed.class).failure().kind());
    gpu.tell(new Gpu.Acknowledge("record", 1));
    assertEquals(device, retired.receiveMessage().device());
  }

  @Test
  void aBusyDeviceGivesTheTaskBack() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    ActorRef<Gpu.Command> gpu = gpu(new FakeEngine((task, monitor) -> await(go)));
    gpu.tell(new Gpu.Perform(ticket(1)));
    gpu.tell(new Gpu.Perform(ticket(2)));
    assertEquals(2, peers.await(GpuPool.Decline.class).ticket().attempt());
    go.countDown();
    assertEquals(1, peers.await(Work.Done.class).attempt());
  }

  @Test
  void aRunningTaskIsAliveAndShowsProgress() throws Exception {
    gpu(new FakeEngine(
            (task, monitor) -> {
              while (!monitor.cancelled()) {
                monitor.progress(3, 10, 0.25);
                java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
              }
            }))
        .tell(new Gpu.Perform(ticket(1)));
    peers.await(Work.Alive.class);
    peers.await(Work.Alive.class);
    Feed.Progressed progress = peers.await(Feed.Progressed.class);
    assertEquals(3, progress.done());
    assertEquals(0.25, progress.loss());
  }

  @Test
  void aCancelledTaskIsAnAttemptWhoseDeviceWasTaken() throws Exception {
    ActorRef<Gpu.Command> gpu = gpu(new FakeEngine(FakeEngine.lasting(60_000)));
    gpu.tell(new Gpu.Perform(ticket(1)));
    peers.await(Work.Started.class);
    gpu.tell(new Gpu.Cancel("record", 7));
    gpu.tell(new Gpu.Cancel("record", 1));
    assertEquals(Failure.Kind.DEVICE_LOST, peers.await(Work.Failed.class).failure().kind());
  }

  @Test
  void afterABugTheEngineIsOpenedAnewAndTheNextTaskRuns() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    FakeEngine engine =
        new FakeEngine(
            (task, monitor) -> {
              if (calls.getAndIncrement() == 0) {
                throw new IllegalStateException("a bug");
              }
            });
    ActorRef<Gpu.Command> gpu = gpu(engine);
    gpu.tell(new Gpu.Perform(ticket(1)));
    Work.Failed failed = peers.await(Work.Failed.class);
    assertEquals(Failure.Kind.DEFECT, failed.failure().kind());
    assertTrue(failed.failure().message().contains("a bug"));
    gpu.tell(new Gpu.Acknowledge("record", 1));
    gpu.tell(new Gpu.Perform(ticket(2)));
    assertEquals(2, peers.await(Work.Done.class).attempt());
    assertEquals(1, engine.open());
  }

  @Test
  void outOfMemoryIsAFailureOfItsOwnKind() throws Exception {
    gpu(new FakeEngine(
            (task, monitor) -> {
              throw new OutOfMemoryError("made to fail");
            }))
        .tell(new Gpu.Perform(ticket(1)));
    assertEquals(Failure.Kind.OUT_OF_MEMORY, peers.await(Work.Failed.class).failure().kind());
  }

  @Test
  void aDeviceWhoseResultCannotBeWrittenTakesNothingForAWhileAndThenGoesOn() throws Exception {
    ActorRef<Gpu.Command> gpu =
        gpu(new FakeEngine(FakeEngine.failing("record", 1, Failure.Kind.NO_STORAGE)));
    gpu.tell(new Gpu.Perform(ticket(1)));
    assertEquals(Failure.Kind.NO_STORAGE, peers.await(Work.Failed.class).failure().kind());
    gpu.tell(new Gpu.Acknowledge("record", 1));
    gpu.tell(new Gpu.Perform(ticket(2)));
    assertEquals(2, peers.await(GpuPool.Decline.class).ticket().attempt());
    peers.take(GpuPool.Announce.class);
    assertEquals("", peers.await(GpuPool.Announce.class).running());
    gpu.tell(new Gpu.Perform(ticket(3)));
    assertEquals(3, peers.await(Work.Done.class).attempt());
  }

  @Test
  void aTaskThatHangsLetsItsLeaseRunOutAndItsDeviceDropsOutOfThePool() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    gpu(new FakeEngine((task, monitor) -> await(go))).tell(new Gpu.Perform(ticket(1)));
    peers.await(Work.Alive.class);
    // Another device's announcements are the clock.
    Device other = new Device("host", "cpu", 1);
    gpu(other, new FakeEngine());
    int quiet = 0;
    for (int ticks = 0; ticks < 15; ) {
      GpuPool.Announce announce = peers.await(GpuPool.Announce.class);
      boolean alive = !peers.take(Work.Alive.class).isEmpty();
      ticks += announce.device().equals(other) ? 1 : 0;
      quiet = alive || announce.device().equals(device) ? 0 : quiet + 1;
    }
    assertTrue(quiet >= 5, quiet + " ticks in a row without a sign of life");
    go.countDown();
    peers.await(Work.Done.class);
  }

  private ActorRef<Gpu.Command> gpu(FakeEngine engine) {
    return gpu(device, engine);
  }

  private ActorRef<Gpu.Command> gpu(Device device, FakeEngine engine) {
    PuzzleSettings.Gpu settings = PuzzleSettings.from(CONFIG).gpu();
    ActorRef<DeviceThread.Job> thread =
        kit.spawn(
            DeviceThread.create(() -> engine.open(device), settings),
            DispatcherSelector.fromConfig("puzzle.gpu-dispatcher"));
    return kit.spawn(GpuActor.create(device, thread, settings, peers, System::nanoTime));
  }

  private Work.Ticket ticket(int attempt) {
    return new Work.Ticket(
        spec,
        new Work.Owner(Work.Owner.Kind.RUN, "run"),
        new Task.Record(),
        attempt,
        0,
        -1,
        false,
        "");
  }

  private static void await(CountDownLatch latch) {
    try {
      assertTrue(latch.await(30, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
