package puzzle.actors.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
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
import puzzle.model.CheckpointRef;
import puzzle.model.Device;
import puzzle.model.Failure;
import puzzle.model.RunSpec;
import puzzle.model.Score;
import puzzle.model.TaskResult;
import puzzle.persistence.LayerEvent;
import puzzle.persistence.LayerState;
import puzzle.persistence.TaskEvent;
import puzzle.protocol.Gpu;
import puzzle.protocol.GpuPool;
import puzzle.protocol.Layer;
import puzzle.protocol.Run;
import puzzle.protocol.Solver;
import puzzle.protocol.Work;

class LayerActorTest {

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
  private static final String SCORE = "score/0/attention-no-op+ffn-640";

  private final RunSpec spec = Examples.small(Path.of("/store"));
  private final Reports peers = new Reports();
  private ActorTestKit kit;
  private TestProbe<Gpu.Command> gpu;
  private EventSourcedBehaviorTestKit<Layer.Command, LayerEvent, LayerState> block;

  @BeforeEach
  void start() {
    kit = ActorTestKit.create(CONFIG);
    gpu = kit.createTestProbe();
    block =
        EventSourcedBehaviorTestKit.create(
            kit.system(),
            LayerActor.create("example/0", PuzzleSettings.from(CONFIG), peers, System::nanoTime));
  }

  @AfterEach
  void stop() {
    kit.shutdownTestKit();
  }

  @Test
  void anOrderIsRecordedOnceAndItsTasksAreOffered() {
    CommandResult<Layer.Command, LayerEvent, LayerState> first = build();
    assertInstanceOf(LayerEvent.BuildOrdered.class, first.event());
    List<GpuPool.Offer> offers = peers.take(GpuPool.Offer.class);
    assertEquals(2 + 2, offers.size());
    assertTrue(build().hasNoEvents());
    assertEquals(0, peers.take(GpuPool.Offer.class).size());
  }

  @Test
  void aScoreIsOnRecordBeforeTheSolverHearsOfIt() {
    build();
    peers.take(Solver.Offer.class);
    CommandResult<Layer.Command, LayerEvent, LayerState> done = done(1);
    assertEquals(
        List.of(
            new TaskEvent.AttemptStarted(SCORE, 1, DEVICE.name()),
            new TaskEvent.TaskFinished(SCORE, 1, result())),
        done.events());
    Solver.Offer offer = peers.take(Solver.Offer.class).get(0);
    assertEquals(0.25, offer.scores().get(0).score().value());
    gpu.expectMessage(new Gpu.Acknowledge(SCORE, 1));
  }

  @Test
  void aDoubledResultLeavesNoEventAndIsAcknowledged() {
    build();
    done(1);
    gpu.expectMessageClass(Gpu.Acknowledge.class);
    peers.take(Solver.Offer.class);
    assertTrue(done(1).hasNoEvents());
    gpu.expectMessage(new Gpu.Acknowledge(SCORE, 1));
    assertEquals(0, peers.take(Solver.Offer.class).size());
  }

  @Test
  void anOwnerThatMayHaveBeenReplacedWritesNothingAndAnswersNobody() {
    build();
    peers.replaced = true;
    assertTrue(done(1).hasNoEvents());
    gpu.expectNoMessage();
  }

  @Test
  void aSecondDeviceWithTheSameAttemptIsStopped() {
    build();
    block.runCommand(new Layer.Reported(new Work.Started(SCORE, 1, DEVICE, gpu.getRef())));
    Device other = new Device("host", "cpu", 1);
    assertTrue(
        block
            .runCommand(new Layer.Reported(new Work.Started(SCORE, 1, other, gpu.getRef())))
            .hasNoEvents());
    gpu.expectMessage(new Gpu.Cancel(SCORE, 1));
  }

  @Test
  void afterARestartTheSolverIsToldEverythingAgain() {
    build();
    done(1);
    peers.take(Solver.Offer.class);
    LayerState before = block.getState();
    block.restart();
    assertEquals(before, block.getState());
    Solver.Offer again = peers.take(Solver.Offer.class).get(0);
    assertEquals(2, again.scores().size());
  }

  @Test
  void corruptWeightsAreMadeAgain() {
    build();
    finish("bld/0/kv-2", new TaskResult.Trained(REF, 0.2, 0.1, 10));
    CommandResult<Layer.Command, LayerEvent, LayerState> failed =
        block.runCommand(
            new Layer.Reported(
                new Work.Failed(
                    "score/0/kv-2+ffn-640",
                    1,
                    DEVICE,
                    gpu.getRef(),
                    new Failure(Failure.Kind.CORRUPT_ARTEFACT, "a: SHA-256 differs"))));
    assertTrue(
        failed.events().contains(new TaskEvent.TaskReopened("bld/0/kv-2", "a: SHA-256 differs")));
    assertFalse(failed.state().tasks().settled("bld/0/kv-2"));
    assertTrue(
        peers.take(GpuPool.Offer.class).stream()
            .anyMatch(o -> o.ticket().task().key().equals("bld/0/kv-2")));
  }

  @Test
  void aLayerThatIsThroughSaysSoEveryTimeItIsAsked() {
    build();
    peers.take(Run.LayerSettled.class);
    while (!new LayerPlan(block.getState()).settled()) {
      new LayerPlan(block.getState())
          .wanted()
          .forEach(
              w ->
                  finish(
                      w.task().key(),
                      w.task().key().startsWith("bld")
                          ? new TaskResult.Trained(REF, 0.2, 0.1, 10)
                          : result()));
    }
    assertEquals(9, peers.take(Run.LayerSettled.class).get(0).library().scores().size());
    build();
    assertEquals(1, peers.take(Run.LayerSettled.class).size());
  }

  @Test
  void anAbandonedLayerStopsWhateverStillRuns() {
    build();
    block.runCommand(new Layer.Reported(new Work.Started(SCORE, 1, DEVICE, gpu.getRef())));
    assertInstanceOf(
        LayerEvent.BuildAbandoned.class, block.runCommand(new Layer.Abandon()).event());
    block.runCommand(new Layer.Reported(new Work.Alive(SCORE, 1, DEVICE, gpu.getRef())));
    gpu.expectMessage(new Gpu.Cancel(SCORE, 1));
    assertTrue(peers.take(GpuPool.Withdraw.class).size() > 0);
  }

  private CommandResult<Layer.Command, LayerEvent, LayerState> build() {
    return block.runCommand(new Layer.Build(spec, 0, REF));
  }

  private CommandResult<Layer.Command, LayerEvent, LayerState> done(int attempt) {
    return block.runCommand(
        new Layer.Reported(new Work.Done(SCORE, attempt, DEVICE, gpu.getRef(), result())));
  }

  private void finish(String key, TaskResult result) {
    block.runCommand(new Layer.Reported(new Work.Done(key, 1, DEVICE, gpu.getRef(), result)));
  }

  private static TaskResult result() {
    return new TaskResult.BlockScored(Score.measured(0.25, 0.01));
  }
}
