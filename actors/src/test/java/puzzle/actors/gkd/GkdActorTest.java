package puzzle.actors.gkd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.nio.file.Path;
import java.util.List;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.persistence.testkit.javadsl.EventSourcedBehaviorTestKit;
import org.apache.pekko.persistence.testkit.javadsl.EventSourcedBehaviorTestKit.CommandResult;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import puzzle.actors.Examples;
import puzzle.actors.Reports;
import puzzle.cluster.PuzzleSettings;
import puzzle.model.Architecture;
import puzzle.model.CheckpointRef;
import puzzle.model.Device;
import puzzle.model.Failure;
import puzzle.model.RunSpec;
import puzzle.model.Task;
import puzzle.model.TaskResult;
import puzzle.persistence.GkdEvent;
import puzzle.persistence.GkdState;
import puzzle.persistence.TaskEvent;
import puzzle.protocol.Gkd;
import puzzle.protocol.Gpu;
import puzzle.protocol.GpuPool;
import puzzle.protocol.Run;
import puzzle.protocol.Work;

class GkdActorTest {

  private static final Config CONFIG =
      ConfigFactory.parseString(
              """
              pekko.actor.provider = local
              puzzle.gpu.heartbeat = 1h
              puzzle.lease.duration = 4h
              """)
          .withFallback(Examples.DEFAULTS)
          .withFallback(ConfigFactory.parseResources("serialization.conf"))
          .withFallback(EventSourcedBehaviorTestKit.config())
          .withFallback(ConfigFactory.defaultReference())
          .resolve();
  private static final CheckpointRef REF = new CheckpointRef("a", 1, "0".repeat(64));
  private static final Device DEVICE = new Device("host", "cpu", 0);

  private final RunSpec spec = Examples.small(Path.of("/store"));
  private final Task.Gkd child = child(2);
  private final Reports peers = new Reports();
  private ActorTestKit kit;
  private TestProbe<Gpu.Command> gpu;
  private EventSourcedBehaviorTestKit<Gkd.Command, GkdEvent, GkdState> gkd;

  @BeforeEach
  void start() {
    kit = ActorTestKit.create(CONFIG);
    gpu = kit.createTestProbe();
    gkd =
        EventSourcedBehaviorTestKit.create(
            kit.system(),
            GkdActor.create("example", PuzzleSettings.from(CONFIG), peers, System::nanoTime));
  }

  @AfterEach
  void stop() {
    kit.shutdownTestKit();
  }

  @Test
  void anOrderIsRecordedOnceAndTheFirstRoundIsOffered() {
    assertEquals(List.of(new GkdEvent.GkdOrdered(spec, child)), launch(child, 0).events());
    assertEquals(List.of("gkd/0/0", "gkd/0/1"), offered());
    assertTrue(launch(child, 0).hasNoEvents());
    assertEquals(List.of(), offered());
  }

  @Test
  void theRoundAfterIsOfferedOnceAllShardsAreOnRecord() {
    launch(child, 0);
    offered();
    CommandResult<Gkd.Command, GkdEvent, GkdState> first = done("gkd/0/0", trained());
    assertEquals(
        List.of(
            new TaskEvent.AttemptStarted("gkd/0/0", 1, DEVICE.name()),
            new TaskEvent.TaskFinished("gkd/0/0", 1, trained())),
        first.events());
    assertTrue(first.state().tasks().settled("gkd/0/0"));
    gpu.expectMessage(new Gpu.Acknowledge("gkd/0/0", 1));
    assertEquals(List.of(), offered());
    done("gkd/0/1", trained());
    assertEquals(List.of("gkd/1/0", "gkd/1/1"), offered());
  }

  @Test
  void theRunHearsOfTheChildAsOftenAsItAsks() {
    launch(child, 0);
    for (String key : List.of("gkd/0/0", "gkd/0/1", "gkd/1/0", "gkd/1/1")) {
      done(key, trained());
    }
    done("gkd", new TaskResult.Healed(REF, 10, List.of()));
    assertEquals(child.architecture(), peers.take(Run.ChildHealed.class).get(0).child());
    assertTrue(launch(child, 0).hasNoEvents());
    assertEquals(REF, peers.take(Run.ChildHealed.class).get(0).healed().child());
  }

  @Test
  void aShardThatIsGivenUpIsToldToTheRunAndTriedAgainOnAnOrder() {
    launch(child, 0);
    Failure failure = new Failure(Failure.Kind.DIVERGED, "NaN");
    report(new Work.Failed("gkd/0/1", 1, DEVICE, gpu.ref(), failure));
    assertEquals(failure, peers.take(Run.GkdGivenUp.class).get(0).failure());
    CommandResult<Gkd.Command, GkdEvent, GkdState> again = launch(child, 1);
    assertInstanceOf(GkdEvent.GkdOrdered.class, again.events().get(0));
    assertEquals(1, again.state().retries());
  }

  @Test
  void anotherChildTakesThePlaceOfTheFirst() {
    launch(child, 0);
    done("gkd/0/0", trained());
    CommandResult<Gkd.Command, GkdEvent, GkdState> other = launch(child(3), 0);
    assertEquals(
        List.of(
            new GkdEvent.GkdOrdered(spec, child(3)),
            new TaskEvent.TaskRenewed("gkd/0/0", "another child")),
        other.events());
    assertEquals(3, other.state().task().architecture().layers());
    report(new Work.Done("gkd/0/0", 1, DEVICE, gpu.ref(), trained()));
    assertTrue(peers.take(Run.ChildHealed.class).isEmpty());
  }

  @Test
  void aPauseAndAnEndAreRecordedOnceAndWithdrawWhatIsOnOffer() {
    assertTrue(gkd.runCommand(new Gkd.Pause()).hasNoEvents(), "nothing was ordered");
    launch(child, 0);
    assertEquals(new GkdEvent.GkdPaused(), gkd.runCommand(new Gkd.Pause()).event());
    assertEquals(2, peers.take(GpuPool.Withdraw.class).size());
    assertTrue(gkd.runCommand(new Gkd.Pause()).hasNoEvents());
    assertEquals(new GkdEvent.GkdAbandoned(), gkd.runCommand(new Gkd.Abandon()).event());
    report(new Work.Started("gkd/0/0", 1, DEVICE, gpu.ref()));
    gpu.expectMessage(new Gpu.Cancel("gkd/0/0", 1));
  }

  @Test
  void whoeverWasReplacedWritesNothing() {
    peers.replaced = true;
    assertTrue(launch(child, 0).hasNoEvents());
  }

  private CommandResult<Gkd.Command, GkdEvent, GkdState> launch(Task.Gkd task, int retries) {
    return gkd.runCommand(new Gkd.Launch(spec, task, retries));
  }

  private CommandResult<Gkd.Command, GkdEvent, GkdState> done(String key, TaskResult result) {
    return report(new Work.Done(key, 1, DEVICE, gpu.ref(), result));
  }

  private CommandResult<Gkd.Command, GkdEvent, GkdState> report(Work.Report report) {
    return gkd.runCommand(new Gkd.Reported(report));
  }

  private List<String> offered() {
    return peers.take(GpuPool.Offer.class).stream().map(o -> o.ticket().task().key()).toList();
  }

  private Task.Gkd child(int layers) {
    return new Task.Gkd(
        Architecture.uniform(spec.space().parent(), layers),
        List.of(new Task.Weights(null, null)),
        REF,
        List.of(),
        0,
        null);
  }

  private static TaskResult trained() {
    return new TaskResult.ShardTrained(REF, 0.5, List.of());
  }
}
