package puzzle.actors.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import puzzle.actors.Examples;
import puzzle.cluster.PuzzleSettings;
import puzzle.model.Baseline;
import puzzle.model.Incumbent;
import puzzle.model.LayerLibrary;
import puzzle.model.Outcome;
import puzzle.model.RetryPolicy;
import puzzle.model.RunSpec;
import puzzle.model.SearchSpace;
import puzzle.model.Subblock;
import puzzle.model.Variant;
import puzzle.persistence.RunEvent;
import puzzle.persistence.RunState;

/**
 * Thousands of runs of the real actors through accidents drawn from a seed. {@code
 * -Dsimulation.seed=N} repeats one, {@code -Dsimulation.trace=true} shows each message of it,
 * {@code -Dsimulation.schedules=N} sets how many; the profile {@code soak} takes more.
 */
class SimulationTest {

  private static final Duration TRUCE = Duration.ofMinutes(2);
  private static final Duration PATIENCE = Duration.ofMinutes(15);

  private static final Config CONFIG =
      ConfigFactory.parseResources(SimulationTest.class, "/simulation.conf")
          .withFallback(Examples.DEFAULTS)
          .withFallback(ConfigFactory.parseResources("serialization.conf"))
          .withFallback(ConfigFactory.defaultReference())
          .resolve();
  private static final PuzzleSettings SETTINGS = PuzzleSettings.from(CONFIG);

  @TempDir static Path folder;
  private static ActorSystem<Void> system;

  private final Map<String, Result> undisturbed = new HashMap<>();

  /** What a run comes to, whatever happened on the way. */
  private record Result(
      Outcome.Kind outcome, Incumbent incumbent, List<Baseline> baselines, List<?> libraries) {}

  /** One schedule. */
  private record Played(
      Result result, Oracle oracle, Map<String, Integer> accidents, long steps, Duration time) {}

  @BeforeAll
  static void start() {
    // What goes wrong on purpose fills no log.
    log().setLevel(Level.OFF);
    system = ActorSystem.create(Behaviors.empty(), "simulation", CONFIG);
    // The first run also starts Pekko's journal plug-ins: steps that no later one has.
    play(0, "", Duration.ZERO);
  }

  @AfterAll
  static void stop() throws Exception {
    Steps.THE.letGo();
    system.terminate();
    system.getWhenTerminated().toCompletableFuture().get();
    log().setLevel(Level.WARN);
  }

  private static Logger log() {
    return (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  }

  @Test
  void whateverHappensARunEndsLikeOneThatNobodyDisturbed() {
    Long one = Long.getLong("simulation.seed");
    long first = one == null ? 0 : one;
    long schedules = one == null ? Long.getLong("simulation.schedules", 1000) : 1;
    long begun = System.nanoTime();
    Map<String, Integer> accidents = new TreeMap<>();
    long steps = 0;
    long events = 0;
    long seconds = 0;
    for (long seed = first; seed < first + schedules; seed++) {
      Played played = check(seed);
      steps += played.steps();
      events += played.oracle().events();
      seconds += played.time().toSeconds();
      played.accidents().forEach((what, n) -> accidents.merge(what, n, Integer::sum));
    }
    System.out.printf(
        "%d schedules: %d steps, %d events, %d h of simulated time in %.0f s; %s%n",
        schedules, steps, events, seconds / 3600, (System.nanoTime() - begun) / 1e9, accidents);
  }

  @Test
  void aScheduleIsAFunctionOfItsSeed() {
    Played first = play(4711, "", TRUCE);
    Played again = play(4711, "", TRUCE);
    assertEquals(first.steps(), again.steps());
    assertEquals(first.time(), again.time());
    assertEquals(first.oracle().events(), again.oracle().events());
    assertNotEquals(first.steps(), play(4712, "", TRUCE).steps());
  }

  private Played check(long seed) {
    String doomed = doomed(new SplittableRandom(~seed));
    Result expected = undisturbed.computeIfAbsent(doomed, d -> play(0, d, Duration.ZERO).result());
    String how = "-Dsimulation.seed=" + seed + (doomed.isEmpty() ? "" : ", doomed " + doomed);
    Played played;
    try {
      played = play(seed, doomed, TRUCE);
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError(how + ": " + e.getMessage(), e);
    }
    assertEquals(List.of(), played.oracle().violations(), how);
    assertEquals(expected, played.result(), how);
    return played;
  }

  /** Some runs have a task that never succeeds, disturbed or not. */
  private static String doomed(SplittableRandom random) {
    List<String> keys = List.of("bld/1/kv-2", "bld/2/ffn-160", "score/0/kv-2+ffn-160", "gkd", "");
    return keys.get(random.nextInt(keys.size()));
  }

  private static Played play(long seed, String doomed, Duration truce) {
    RunSpec spec = spec();
    Oracle oracle = new Oracle(spec);
    long steps = Steps.THE.done();
    Adversary adversary = new Adversary(seed, doomed, truce);
    MemoryJournal.disk = new MemoryJournal.Disk(adversary, oracle);
    Steps.THE.take(seed);
    World world = new World(system, SETTINGS, spec, adversary, oracle);
    world.begin();
    if (!truce.isZero()) {
      for (int i = adversary.pick(12); i > 0; i--) {
        Steps.THE.after(adversary.upTo(truce), world::accident);
      }
    }
    Duration deadline = truce.plus(PATIENCE);
    while (oracle.end() == null && Steps.THE.nanos() < deadline.toNanos()) {
      assertTrue(Steps.THE.step(), "nothing is left to happen");
    }
    long played = Steps.THE.done() - steps;
    Duration time = Duration.ofNanos(Steps.THE.nanos());
    world.end();
    RunState state = RunState.EMPTY;
    for (Object event : MemoryJournal.disk.events("Run|" + spec.id().value())) {
      state = state.on((RunEvent) event);
    }
    assertTrue(
        oracle.end() != null,
        "after " + time + " the run is not through, phase " + oracle.events());
    return new Played(
        new Result(
            state.outcome().kind(),
            state.incumbent(),
            state.baselines(),
            state.libraries().values().stream().map(SimulationTest::essence).toList()),
        oracle,
        adversary.counts(),
        played,
        time);
  }

  /** A layer's library without the words of its failures, which name attempts. */
  private static List<?> essence(LayerLibrary library) {
    return List.of(
        library.layer(),
        library.entries(),
        library.pairs(),
        library.scores(),
        library.quarantined().stream().map(LayerLibrary.Quarantined::key).toList());
  }

  private static RunSpec spec() {
    return Examples.with(Examples.small(folder), RunSpec.Bld.Mode.TWO_STAGE)
        .with(
            s -> {
              s.space =
                  new SearchSpace(
                      List.of(Variant.attention(8), Variant.attention(2)),
                      List.of(Variant.ffn(640), Variant.ffn(160), Variant.noOp(Subblock.FFN)));
              s.parts = new RunSpec.Parts(2, 2, 2);
              s.retries = new RetryPolicy(Duration.ofMillis(500), 2, Duration.ofSeconds(5), 0.2, 5);
            });
  }
}
