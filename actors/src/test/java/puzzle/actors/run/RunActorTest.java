package puzzle.actors.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.function.Function;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.persistence.testkit.javadsl.EventSourcedBehaviorTestKit;
import org.apache.pekko.persistence.testkit.javadsl.EventSourcedBehaviorTestKit.CommandResult;
import org.apache.pekko.persistence.testkit.javadsl.EventSourcedBehaviorTestKit.CommandResultWithReply;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import puzzle.actors.Examples;
import puzzle.actors.Reports;
import puzzle.cluster.PuzzleSettings;
import puzzle.model.BlockCost;
import puzzle.model.CheckpointRef;
import puzzle.model.Device;
import puzzle.model.LayerLibrary;
import puzzle.model.Outcome;
import puzzle.model.RunSpec;
import puzzle.model.Task;
import puzzle.model.TaskResult;
import puzzle.persistence.RunEvent;
import puzzle.persistence.RunState;
import puzzle.persistence.TaskEvent;
import puzzle.protocol.Feed;
import puzzle.protocol.Gpu;
import puzzle.protocol.GpuPool;
import puzzle.protocol.Layer;
import puzzle.protocol.Run;
import puzzle.protocol.Solver;
import puzzle.protocol.Work;

class RunActorTest {

  private static final Instant AT = Instant.parse("2026-01-01T00:00:00Z");
  private static final Config CONFIG =
      ConfigFactory.parseString(
              """
              pekko.actor.provider = local
              puzzle.gpu.heartbeat = 1h
              puzzle.lease.duration = 4h
              puzzle.run.reconcile = 1h
              """)
          .withFallback(Examples.DEFAULTS)
          .withFallback(ConfigFactory.parseResources("dispatchers.conf"))
          .withFallback(ConfigFactory.parseResources("serialization.conf"))
          .withFallback(EventSourcedBehaviorTestKit.config())
          .withFallback(ConfigFactory.defaultReference())
          .resolve();
  private static final CheckpointRef REF = new CheckpointRef("a", 1, "0".repeat(64));
  private static final Device DEVICE = new Device("host", "cpu", 0);

  private final RunSpec spec = Examples.small(Path.of("/store"));
  private final String profile = Task.Profile.key(Examples.WORKLOAD);
  private final Reports peers = new Reports();
  private ActorTestKit kit;
  private TestProbe<Gpu.Command> gpu;
  private EventSourcedBehaviorTestKit<Run.Command, RunEvent, RunState> run;

  @BeforeEach
  void start() {
    kit = ActorTestKit.create(CONFIG);
    gpu = kit.createTestProbe();
    run =
        EventSourcedBehaviorTestKit.create(
            kit.system(),
            RunActor.create(
                "example",
                PuzzleSettings.from(CONFIG),
                peers,
                System::nanoTime,
                Clock.fixed(AT, ZoneOffset.UTC),
                self -> {}));
  }

  @AfterEach
  void stop() {
    kit.shutdownTestKit();
  }

  @Test
  void aRunThatStartsWantsItsRecordingAndItsProfile() {
    CommandResultWithReply<Run.Command, RunEvent, RunState, Run.Answer> first = begin("hash");
    assertEquals(new Run.Accepted(false), first.reply());
    assertEquals(new RunEvent.RunStarted(spec, 1, "hash", AT), first.event());
    assertTrue(first.state().active());
    assertEquals(List.of("record", profile), offered());
  }

  @Test
  void aSecondStartResumesTheRunAndOneWithAnotherFileIsRefused() {
    begin("hash");
    CommandResultWithReply<Run.Command, RunEvent, RunState, Run.Answer> again = begin("hash");
    assertEquals(new Run.Accepted(true), again.reply());
    assertTrue(again.hasNoEvents());
    CommandResultWithReply<Run.Command, RunEvent, RunState, Run.Answer> other = begin("other");
    assertInstanceOf(Run.Refused.class, other.reply());
    assertTrue(other.hasNoEvents());
  }

  @Test
  void onceTheCostsAreKnownTheSolverIsOpenedAndOnceItIsFeasibleTheLayersBuild() {
    begin("hash");
    costsKnown();
    assertEquals(1, peers.take(Solver.Open.class).size());
    assertEquals(List.of(), peers.take(Layer.Build.class));
    assertTrue(run.runCommand(new Run.FoundFeasible()).hasNoEvents());
    assertEquals(1, peers.take(Layer.Build.class).size());
  }

  @Test
  void aLayerThatIsThroughIsRecordedOnce() {
    begin("hash");
    costsKnown();
    LayerLibrary library = new LayerLibrary(0, List.of(), List.of(), List.of(), List.of(), false);
    assertEquals(
        new RunEvent.LayerSettled(library), run.runCommand(new Run.LayerSettled(library)).event());
    assertTrue(run.runCommand(new Run.LayerSettled(library)).hasNoEvents());
    assertFalse(peers.take(Solver.Conclude.class).isEmpty());
  }

  @Test
  void aPauseWithdrawsWhatIsOnOfferAndAResumeOffersItAgain() {
    begin("hash");
    offered();
    CommandResultWithReply<Run.Command, RunEvent, RunState, Run.Answer> paused =
        order(Run.Pause::new);
    assertEquals(new Run.Accepted(false), paused.reply());
    assertEquals(new RunEvent.RunPaused(AT), paused.event());
    assertTrue(paused.state().paused());
    assertEquals(2, peers.take(GpuPool.Withdraw.class).size());
    assertEquals(List.of(), offered());
    assertEquals(new RunEvent.RunResumed(AT), order(Run.Resume::new).event());
    assertEquals(List.of("record", profile), offered());
  }

  @Test
  void aRunThatIsCancelledEndsAndTakesNoMoreOrders() {
    CommandResultWithReply<Run.Command, RunEvent, RunState, Run.Answer> unknown =
        order(replyTo -> new Run.Cancel("enough", replyTo));
    assertInstanceOf(Run.Refused.class, unknown.reply());
    assertTrue(unknown.hasNoEvents());
    begin("hash");
    Outcome cancelled = new Outcome(Outcome.Kind.CANCELLED, "enough");
    assertEquals(
        new RunEvent.RunEnded(cancelled, AT),
        order(replyTo -> new Run.Cancel("enough", replyTo)).event());
    assertEquals(cancelled, peers.take(Feed.Ended.class).get(0).outcome());
    assertTrue(order(Run.Pause::new).hasNoEvents());
    run.runCommand(new Run.Reported(new Work.Started("record", 1, DEVICE, gpu.ref())));
    gpu.expectMessage(new Gpu.Cancel("record", 1));
  }

  @Test
  void aResultIsOnRecordBeforeItsDeviceIsToldSo() {
    begin("hash");
    TaskResult recorded = new TaskResult.Recorded(REF, 1.5, 10, 1);
    CommandResult<Run.Command, RunEvent, RunState> done = done("record", recorded);
    assertEquals(
        List.of(
            new TaskEvent.AttemptStarted("record", 1, DEVICE.name()),
            new TaskEvent.TaskFinished("record", 1, recorded)),
        done.events());
    assertTrue(done.state().tasks().settled("record"));
    gpu.expectMessage(new Gpu.Acknowledge("record", 1));
    assertTrue(done("record", recorded).hasNoEvents(), "it was told twice");
  }

  private void costsKnown() {
    done("record", new TaskResult.Recorded(REF, 1.5, 10, 1));
    done(
        profile,
        new TaskResult.Profiled(
            Examples.WORKLOAD, List.of(), new BlockCost(1, 1, 1, 1, 1), TaskResult.MEASURED));
  }

  private CommandResult<Run.Command, RunEvent, RunState> done(String key, TaskResult result) {
    return run.runCommand(new Run.Reported(new Work.Done(key, 1, DEVICE, gpu.ref(), result)));
  }

  private CommandResultWithReply<Run.Command, RunEvent, RunState, Run.Answer> begin(String hash) {
    return order(replyTo -> new Run.Start(spec, 1, hash, replyTo));
  }

  private CommandResultWithReply<Run.Command, RunEvent, RunState, Run.Answer> order(
      Function<ActorRef<Run.Answer>, Run.Command> order) {
    return run.runCommand(order);
  }

  private List<String> offered() {
    return peers.take(GpuPool.Offer.class).stream().map(o -> o.ticket().task().key()).toList();
  }
}
