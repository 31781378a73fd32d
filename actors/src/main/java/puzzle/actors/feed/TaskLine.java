package puzzle.actors.feed;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import puzzle.model.Failure;
import puzzle.model.TaskResult;
import puzzle.persistence.TaskEvent;

/**
 * One task with every attempt at it.
 *
 * @param layer whose block owns it, or -1
 * @param state {@code waiting}, {@code running}, {@code done}, {@code quarantined}
 * @param result null until there is one
 */
public record TaskLine(
    String key, int layer, String state, List<Attempt> attempts, TaskResult result) {

  /** A device got it and nothing is known to be wrong; {@link Attempt#outcome()}. */
  private static final String RUNNING = "running";

  /**
   * One attempt.
   *
   * @param device that ran it
   * @param ended null while it runs
   * @param outcome {@code running}, {@code done}, {@code failed}, {@code lost} where nothing was
   *     heard of it any more, {@code superseded} where a later attempt took its place
   * @param failure null if there is none
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Attempt(
      int number, String device, Instant started, Instant ended, String outcome, Failure failure) {}

  public TaskLine {
    attempts = List.copyOf(attempts);
  }

  static TaskLine of(String key, int layer) {
    return new TaskLine(key, layer, "waiting", List.of(), null);
  }

  TaskLine on(TaskEvent event, Instant at) {
    List<Attempt> changed = new ArrayList<>(attempts);
    if (event instanceof TaskEvent.AttemptStarted e) {
      changed.replaceAll(
          a ->
              a.ended() == null
                  ? new Attempt(a.number(), a.device(), a.started(), at, "superseded", null)
                  : a);
      changed.add(new Attempt(e.attempt(), e.device(), at, null, RUNNING, null));
      return new TaskLine(key, layer, RUNNING, changed, result);
    }
    if (event instanceof TaskEvent.AttemptFailed e) {
      end(changed, e.attempt(), at, e.lost() ? "lost" : "failed", e.failure());
      return new TaskLine(key, layer, e.retried() ? "waiting" : "quarantined", changed, result);
    }
    if (event instanceof TaskEvent.TaskFinished e) {
      end(changed, e.attempt(), at, "done", null);
      return new TaskLine(key, layer, "done", changed, e.result());
    }
    return new TaskLine(key, layer, "waiting", changed, null);
  }

  private static void end(
      List<Attempt> attempts, int number, Instant at, String outcome, Failure failure) {
    for (int i = attempts.size() - 1; i >= 0; i--) {
      Attempt a = attempts.get(i);
      if (a.number() == number) {
        attempts.set(i, new Attempt(number, a.device(), a.started(), at, outcome, failure));
        return;
      }
    }
    attempts.add(new Attempt(number, "", at, at, outcome, failure));
  }
}
