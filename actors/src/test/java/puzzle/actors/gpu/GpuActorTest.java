package puzzle.actors.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.ManualTime;
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
import puzzle.model.SignOfLife;
import puzzle.model.Task;
import puzzle.model.TaskResult;
import puzzle.protocol.Feed;
import puzzle.protocol.Gpu;
import puzzle.protocol.GpuPool;
import puzzle.protocol.Work;

/** Timers and the monotonic clock stand still unless a test lets time pass. */
class GpuActorTest {

  private static final Duration HEARTBEAT = Duration.ofMillis(100);
  private static final Duration ANNOUNCE = Duration.ofMillis(200);
  private static final Duration SILENCE = Duration.ofMillis(400);

  private static final Config CONFIG =
      ConfigFactory.parseString("puzzle.gpu { silence = 400ms, announce = 200ms, rest = 1s }")
          .withFallback(ManualTime.config())
          .withFallback(Examples.QUICK)
          .withFallback(Examples.DEFAULTS)
          .withFallback(ConfigFactory.parseString("pekko.actor.provider = local"))
          .withFallback(ConfigFactory.parseResources("dispatchers.conf"))
          .withFallback(ConfigFactory.defaultReference())
          .resolve();

  private final RunSpec spec = Examples.spec(Path.of("/store"));
  private final Device device = new Device("host", "cpu", 0);
  private final Reports peers = new Reports();
  private final AtomicLong nanos = new AtomicLong();
  private ActorTestKit kit;
  private ManualTime time;

  @BeforeEach
  void start() {
    kit = ActorTestKit.create(CONFIG);
    time = ManualTime.get(kit.system());
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
      pass(HEARTBEAT);
    }
    assertEquals(1, peers.await(Work.Done.class).attempt());
    gpu.tell(new Gpu.Acknowledge("record", 1));
    gpu.tell(new Gpu.Perform(ticket(2)));
    assertEquals(2, peers.await(Work.Started.class).attempt());
    assertEquals(2, peers.await(Work.Done.class).attempt());
    pass(HEARTBEAT);
    assertEquals(2, peers.await(Work.Done.class).attempt());
    assertTrue(peers.take(Work.Done.class).isEmpty());
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
    gpu.tell(new Gpu.Retire(Duration.ofMinutes(2), retired.ref()));
    settle(gpu);
    pass(Duration.ofMinutes(2));
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
    CountDownLatch shown = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    FakeEngine engine =
        new FakeEngine(
            (task, monitor) -> {
              monitor.progress(3, 10, 0.25);
              shown.countDown();
              await(go);
            });
    gpu(engine).tell(new Gpu.Perform(ticket(1)));
    await(shown);
    pass(HEARTBEAT);
    peers.await(Work.Alive.class);
    Feed.Progressed progress = peers.await(Feed.Progressed.class);
    assertEquals(3, progress.done());
    assertEquals(0.25, progress.loss());
    go.countDown();
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
    // The engine's thread comes back after a rest.
    kit.createTestProbe()
        .awaitAssert(
            () -> {
              pass(HEARTBEAT);
              assertTrue(peers.take(Work.Done.class).stream().anyMatch(d -> d.attempt() == 2));
              return null;
            });
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
    pass(ANNOUNCE);
    settle(gpu);
    assertTrue(peers.take(GpuPool.Announce.class).isEmpty());
    pass(Duration.ofSeconds(1));
    assertEquals("", peers.await(GpuPool.Announce.class).running());
    gpu.tell(new Gpu.Perform(ticket(3)));
    assertEquals(3, peers.await(Work.Done.class).attempt());
  }

  @Test
  void aTaskThatHangsLetsItsLeaseRunOutAndItsDeviceDropsOutOfThePool() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    ActorRef<Gpu.Command> gpu = gpu(new FakeEngine((task, monitor) -> await(go)));
    gpu.tell(new Gpu.Perform(ticket(1)));
    peers.await(Work.Started.class);
    pass(HEARTBEAT);
    peers.await(Work.Alive.class);
    nanos.addAndGet(SILENCE.toNanos());
    settle(gpu);
    peers.take(Work.Alive.class);
    peers.take(GpuPool.Announce.class);
    pass(ANNOUNCE);
    settle(gpu);
    assertTrue(peers.take(Work.Alive.class).isEmpty(), "alive after its silence");
    assertTrue(peers.take(GpuPool.Announce.class).isEmpty(), "still offered to the pool");
    go.countDown();
    peers.await(Work.Done.class);
    assertEquals("", peers.await(GpuPool.Announce.class).running());
  }

  /** As a large file that is hashed: minutes without progress, but not without a sign of life. */
  @Test
  void aTaskWithoutProgressKeepsItsLeaseAsLongAsItsWorkGivesSigns() throws Exception {
    SynchronousQueue<Boolean> more = new SynchronousQueue<>();
    FakeEngine engine =
        new FakeEngine(
            (task, monitor) ->
                SignOfLife.during(
                    monitor::alive,
                    () -> {
                      while (take(more)) {
                        SignOfLife.give();
                      }
                      return null;
                    }));
    ActorRef<Gpu.Command> gpu = gpu(engine);
    gpu.tell(new Gpu.Perform(ticket(1)));
    peers.await(Work.Started.class);
    for (int i = 0; i < 20; i++) {
      nanos.addAndGet(SILENCE.toNanos() - HEARTBEAT.toNanos() - 1);
      more.put(true);
      more.put(true);
      pass(HEARTBEAT);
      peers.await(Work.Alive.class);
    }
    assertTrue(peers.take(Feed.Progressed.class).isEmpty(), "progress of nothing");
    more.put(false);
    peers.await(Work.Done.class);
  }

  private static boolean take(SynchronousQueue<Boolean> queue) {
    try {
      return queue.take();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Lets time pass for timers and for the clock. */
  private void pass(Duration duration) {
    nanos.addAndGet(duration.toNanos());
    time.timePasses(duration);
  }

  /** Returns once the device has taken in everything it was sent so far. */
  private void settle(ActorRef<Gpu.Command> gpu) throws InterruptedException {
    peers.take(GpuPool.Decline.class);
    gpu.tell(new Gpu.Perform(ticket(99)));
    peers.await(GpuPool.Decline.class);
  }

  private ActorRef<Gpu.Command> gpu(FakeEngine engine) {
    PuzzleSettings.Gpu settings = PuzzleSettings.from(CONFIG).gpu();
    ActorRef<DeviceThread.Job> thread =
        kit.spawn(
            DeviceThread.create(() -> engine.open(device), settings),
            DispatcherSelector.fromConfig("puzzle.gpu-dispatcher"));
    return kit.spawn(GpuActor.create(device, thread, settings, peers, nanos::get));
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
