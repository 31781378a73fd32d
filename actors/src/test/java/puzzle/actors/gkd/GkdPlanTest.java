package puzzle.actors.gkd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import puzzle.actors.Examples;
import puzzle.model.Architecture;
import puzzle.model.CheckpointRef;
import puzzle.model.Failure;
import puzzle.model.RunSpec;
import puzzle.model.Task;
import puzzle.model.TaskResult;
import puzzle.persistence.GkdEvent;
import puzzle.persistence.GkdState;
import puzzle.persistence.TaskEvent;

/** Two rounds of two shards, as in {@link Examples}. */
class GkdPlanTest {

  private static final CheckpointRef RECORDING = ref("recording");

  private final RunSpec spec = Examples.spec(Path.of("store"));
  private GkdState state =
      GkdState.EMPTY.on(
          new GkdEvent.GkdOrdered(
              spec,
              new Task.Gkd(
                  Architecture.uniform(spec.space().parent(), 2),
                  List.of(new Task.Weights(null, null), new Task.Weights(null, null)),
                  RECORDING,
                  List.of(),
                  0,
                  null)));

  @Test
  void aRoundWaitsForAllShardsOfTheOneBeforeAndStartsFromTheirStatesInOrder() {
    assertEquals(List.of("gkd/0/0", "gkd/0/1"), wanted());
    done("gkd/0/1");
    assertEquals(List.of("gkd/0/0"), wanted());
    done("gkd/0/0");
    assertEquals(List.of("gkd/1/0", "gkd/1/1"), wanted());
    Task.GkdRound next = (Task.GkdRound) new GkdPlan(state).wanted().get(1).task();
    assertEquals(List.of(ref("gkd/0/0"), ref("gkd/0/1")), next.from());
    done("gkd/1/0");
    done("gkd/1/1");
    Task.Gkd last = (Task.Gkd) new GkdPlan(state).wanted().get(0).task();
    assertEquals(List.of(ref("gkd/1/0"), ref("gkd/1/1")), last.from());
  }

  @Test
  void theChildComesWithItsWayThere() {
    List.of("gkd/0/0", "gkd/0/1", "gkd/1/0", "gkd/1/1").forEach(this::done);
    assertTrue(new GkdPlan(state).healed().isEmpty());
    TaskResult.HeldOut end = new TaskResult.HeldOut(10, 0.1);
    finish("gkd", new TaskResult.Healed(ref("child"), 10, List.of(end)));
    TaskResult.Healed healed = new GkdPlan(state).healed().orElseThrow();
    assertEquals(ref("child"), healed.child());
    assertEquals(List.of(0, 5, 10), healed.heldOut().stream().map(h -> h.steps()).toList());
    assertEquals(List.of(), wanted());
  }

  @Test
  void aStateThatIsDamagedIsMadeAgainAndNothingElse() {
    List.of("gkd/0/0", "gkd/0/1", "gkd/1/0").forEach(this::done);
    Failure failure =
        new Failure(Failure.Kind.CORRUPT_ARTEFACT, "gkd/1/1: /store/gkd/0/1: not whole");
    assertEquals(List.of("gkd/0/1"), reopened("gkd/1/1", failure));
    state = state.on(new TaskEvent.TaskReopened("gkd/0/1", failure.message()));
    assertEquals(List.of("gkd/0/1"), wanted());
    done("gkd/0/1");
    assertEquals(List.of("gkd/1/1"), wanted());
    Failure other = new Failure(Failure.Kind.CORRUPT_ARTEFACT, "/store/library: not whole");
    assertEquals(List.of(), reopened("gkd/1/1", other));
    assertEquals(List.of(), reopened("gkd/0/1", failure));
  }

  @Test
  void roundsLearnOfTheBestChildBeforeThemAndOfTheLowestRate() {
    TaskResult.HeldOut start = new TaskResult.HeldOut(0, 0.5);
    finish("gkd/0/0", new TaskResult.ShardTrained(ref("gkd/0/0"), 0.5, 1, List.of(start)));
    finish("gkd/0/1", new TaskResult.ShardTrained(ref("gkd/0/1"), 0.5, 2, List.of()));
    Task.GkdRound next = (Task.GkdRound) new GkdPlan(state).wanted().get(0).task();
    assertEquals(2, next.rollbacks());
    assertEquals(start, next.best());
    TaskResult.HeldOut better = new TaskResult.HeldOut(5, 0.4).with(ref("gkd/best"));
    finish("gkd/1/0", new TaskResult.ShardTrained(ref("gkd/1/0"), 0.5, 3, List.of(better)));
    finish("gkd/1/1", new TaskResult.ShardTrained(ref("gkd/1/1"), 0.5, 2, List.of()));
    Task.Gkd last = (Task.Gkd) new GkdPlan(state).wanted().get(0).task();
    assertEquals(3, last.rollbacks());
    assertEquals(better, last.best());
    Failure damaged = new Failure(Failure.Kind.CORRUPT_ARTEFACT, "gkd: /store/gkd/best: not whole");
    assertEquals(List.of("gkd/1/0"), reopened("gkd", damaged), "whoever kept it keeps it again");
  }

  @Test
  void aChildThatWasNotKeptIsNoneToGoBackTo() {
    done("gkd/0/0");
    done("gkd/0/1");
    TaskResult.HeldOut elsewhere = new TaskResult.HeldOut(5, 0.1);
    finish("gkd/1/0", new TaskResult.ShardTrained(ref("gkd/1/0"), 0.5, List.of(elsewhere)));
    done("gkd/1/1");
    Task.Gkd last = (Task.Gkd) new GkdPlan(state).wanted().get(0).task();
    assertEquals(0, last.best().steps());
  }

  @Test
  void aShardThatIsGivenUpEndsTheHealing() {
    Failure failure = new Failure(Failure.Kind.DIVERGED, "NaN");
    state = state.on(new TaskEvent.AttemptFailed("gkd/0/1", 1, failure, false, false));
    assertEquals(failure, new GkdPlan(state).givenUp().orElseThrow());
  }

  @Test
  void ofAnEarlierVersionTheChildAloneIsOnRecord() {
    finish("gkd", new TaskResult.Healed(ref("child"), 10, null));
    assertEquals(ref("child"), new GkdPlan(state).healed().orElseThrow().child());
    assertEquals(List.of(), wanted());
  }

  private List<String> reopened(String key, Failure failure) {
    return new GkdPlan(state).reopened(key, failure).stream().map(TaskEvent::key).toList();
  }

  private List<String> wanted() {
    return new GkdPlan(state).wanted().stream().map(w -> w.task().key()).toList();
  }

  private void done(String key) {
    String[] parts = key.split("/");
    int steps = 5 * Integer.parseInt(parts[1]);
    List<TaskResult.HeldOut> heldOut =
        parts[2].equals("0") ? List.of(new TaskResult.HeldOut(steps, 0.5)) : List.of();
    finish(key, new TaskResult.ShardTrained(ref(key), 0.5, heldOut));
  }

  private void finish(String key, TaskResult result) {
    state = state.on(new TaskEvent.AttemptStarted(key, 1, "cpu-0"));
    state = state.on(new TaskEvent.TaskFinished(key, 1, result));
  }

  private static CheckpointRef ref(String path) {
    return new CheckpointRef(path, 1, "0".repeat(64));
  }
}
