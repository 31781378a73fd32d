package puzzle.actors.solver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import puzzle.actors.Examples;
import puzzle.actors.FakeEngine;
import puzzle.actors.Reports;
import puzzle.cluster.PuzzleSettings;
import puzzle.engine.BlockEngine;
import puzzle.engine.solve.IncrementalSolver;
import puzzle.model.CostDelivery;
import puzzle.model.Device;
import puzzle.model.RunSpec;
import puzzle.model.ScoredBlock;
import puzzle.model.Task;
import puzzle.model.TaskResult;
import puzzle.protocol.Feed;
import puzzle.protocol.Layer;
import puzzle.protocol.Run;
import puzzle.protocol.Solver;

class SolverActorTest {

  private static final int LAYERS = 3;

  private static final Config CONFIG =
      Examples.QUICK
          .withFallback(Examples.DEFAULTS)
          .withFallback(ConfigFactory.parseString("pekko.actor.provider = local"))
          .withFallback(ConfigFactory.parseResources("dispatchers.conf"))
          .withFallback(ConfigFactory.defaultReference())
          .resolve();

  private final RunSpec spec = Examples.small(Path.of("/store"));
  private final AtomicInteger solvers = new AtomicInteger();
  private Reports peers = new Reports();
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
  void asksForAllItNeedsWhenItStarts() throws Exception {
    ActorRef<Solver.Command> solver = solver();
    peers.await(Run.SolverStarted.class);
    solver.tell(open());
    for (int layer = 0; layer < LAYERS; layer++) {
      peers.await(Layer.OfferScores.class);
    }
  }

  @Test
  void publishesAnIncumbentWithItsCauseAndItsCertificate() throws Exception {
    ActorRef<Solver.Command> solver = solver();
    solver.tell(open());
    answerAll(solver);
    Feed.IncumbentChanged changed = peers.await(Feed.IncumbentChanged.class);
    assertTrue(changed.incumbent().bound() <= changed.incumbent().objective());
    assertTrue(changed.incumbent().cause().contains("measured"), changed.incumbent().cause());
  }

  @Test
  void theLastWordDoesNotDependOnTheOrderOfArrivalAndIsRepeated() throws Exception {
    Run.Chosen expected = null;
    for (long seed = 0; seed < 5; seed++) {
      peers = new Reports();
      ActorRef<Solver.Command> solver = solver();
      List<Solver.Command> messages = new ArrayList<>();
      messages.add(open());
      for (int layer = 0; layer < LAYERS; layer++) {
        for (ScoredBlock score : scores(layer)) {
          messages.add(new Solver.Offer(layer, List.of(score)));
          messages.add(new Solver.Offer(layer, List.of(score)));
        }
      }
      messages.add(new Solver.Conclude(List.of(9, 9, 9)));
      Collections.shuffle(messages, new Random(seed));
      messages.forEach(solver::tell);
      // What was lost on the way, others say again.
      solver.tell(new Solver.Conclude(List.of(9, 9, 9)));
      Run.Chosen chosen = peers.await(Run.Chosen.class);
      expected = expected == null ? chosen : expected;
      assertEquals(expected, chosen, "seed " + seed);
      solver.tell(new Solver.Conclude(List.of(9, 9, 9)));
      assertEquals(expected, peers.await(Run.Chosen.class), "seed " + seed);
    }
    assertTrue(expected.incumbent().proven());
    assertEquals("complete table", expected.incumbent().cause());
    assertFalse(expected.baselines().isEmpty());
  }

  @Test
  void anIncompleteTableIsAskedForBeforeTheLastWord() throws Exception {
    ActorRef<Solver.Command> solver = solver();
    solver.tell(open());
    for (int i = 0; i < LAYERS; i++) {
      peers.await(Layer.OfferScores.class);
    }
    for (int layer = 1; layer < LAYERS; layer++) {
      solver.tell(new Solver.Offer(layer, scores(layer)));
    }
    solver.tell(new Solver.Conclude(List.of(9, 9, 9)));
    peers.await(Layer.OfferScores.class);
    assertEquals(List.of(), peers.take(Run.Chosen.class));
    solver.tell(new Solver.Offer(0, scores(0)));
    peers.await(Run.Chosen.class);
  }

  @Test
  void aSearchThatBreaksOffStartsOver() throws Exception {
    ActorRef<Solver.Command> solver =
        kit.spawn(
            SolverActor.create(
                spec.id(),
                PuzzleSettings.from(CONFIG),
                peers,
                (table, rows) -> {
                  if (solvers.getAndIncrement() == 0) {
                    throw new IllegalStateException("made to fail");
                  }
                  return new IncrementalSolver(table, rows);
                }));
    peers.await(Run.SolverStarted.class);
    solver.tell(open());
    peers.await(Run.SolverStarted.class);
    peers.take(Layer.OfferScores.class);
    solver.tell(open());
    answerAll(solver);
    peers.await(Feed.IncumbentChanged.class);
  }

  @Test
  void publishesNothingBeforeEveryLayerHasToldWhatItHas() throws Exception {
    ActorRef<Solver.Command> solver = solver();
    solver.tell(open());
    peers.await(Run.FoundFeasible.class);
    long question = peers.await(Layer.OfferScores.class).question();
    solver.tell(new Solver.Offer(0, scores(0), question));
    solver.tell(new Solver.Offer(1, scores(1), question));
    // An answer to a predecessor's question may lack what came after it.
    solver.tell(new Solver.Offer(2, List.of(), question ^ 1));
    solver.tell(new Solver.Offer(2, scores(2).subList(0, 1)));
    solver.tell(open());
    peers.await(Run.FoundFeasible.class);
    assertEquals(List.of(), peers.take(Feed.IncumbentChanged.class));
    solver.tell(new Solver.Offer(2, scores(2), question));
    assertEquals(LAYERS * 9, peers.await(Feed.IncumbentChanged.class).incumbent().measured());
  }

  private void answerAll(ActorRef<Solver.Command> solver) throws Exception {
    long question = peers.await(Layer.OfferScores.class).question();
    for (int layer = 0; layer < LAYERS; layer++) {
      solver.tell(new Solver.Offer(layer, scores(layer), question));
    }
  }

  @Test
  void otherCostsMakeItStartOverAndEarlierOnesAreThenIgnored() throws Exception {
    ActorRef<Solver.Command> solver = solver();
    solver.tell(open());
    answerAll(solver);
    solver.tell(new Solver.Conclude(List.of(9, 9, 9)));
    Run.Chosen before = peers.await(Run.Chosen.class);
    assertEquals(0, before.costs());
    peers.take(Layer.OfferScores.class);
    Solver.Open open = open();
    TaskResult.Profiled profile = open.profiles().get(0);
    CostDelivery cheap =
        new CostDelivery("c", "lab", profile.workload().name(), "kv-2", 1e-6, 1e-7, 1L, 1L, 0);
    Solver.Open changed = new Solver.Open(spec, LAYERS, List.of(profile.with(List.of(cheap))), 1);
    solver.tell(changed);
    solver.tell(open());
    answerAll(solver);
    solver.tell(new Solver.Conclude(List.of(9, 9, 9)));
    Run.Chosen after = peers.await(Run.Chosen.class);
    assertEquals(1, after.costs());
    assertNotEquals(before.incumbent().architecture(), after.incumbent().architecture());
  }

  private ActorRef<Solver.Command> solver() {
    return kit.spawn(
        SolverActor.create(spec.id(), PuzzleSettings.from(CONFIG), peers, IncrementalSolver::new));
  }

  private Solver.Open open() throws Exception {
    return new Solver.Open(
        spec,
        LAYERS,
        List.of((TaskResult.Profiled) result(new Task.Profile(Examples.WORKLOAD))),
        0);
  }

  private List<ScoredBlock> scores(int layer) throws Exception {
    List<ScoredBlock> scores = new ArrayList<>();
    for (puzzle.model.Block block : spec.space().blocks()) {
      if (!block.equals(spec.space().parent())) {
        TaskResult.BlockScored scored =
            (TaskResult.BlockScored) result(new Task.ScoreBlock(layer, block, false, null, null));
        scores.add(new ScoredBlock(block, scored.score()));
      }
    }
    return scores;
  }

  private TaskResult result(Task task) throws Exception {
    try (BlockEngine engine = new FakeEngine().open(new Device("host", "cpu", 0))) {
      return engine.run(spec, task, BlockEngine.Monitor.NONE);
    }
  }
}
