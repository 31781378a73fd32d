package puzzle.actors.feed;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.List;
import puzzle.model.Incumbent;
import puzzle.persistence.RunState;

/**
 * All that is on record about a run at one position of its stream; immutable.
 *
 * @param state as the run's own entity has it
 * @param tasks every task some device ever had, in the order of their first attempts
 * @param history what happened to the run besides
 */
public record RunSnapshot(
    Position position,
    RunState state,
    List<TaskLine> tasks,
    List<IncumbentLine> incumbents,
    List<HistoryLine> history) {

  /** One incumbent and when it was found. */
  public record IncumbentLine(Instant at, Incumbent incumbent) {}

  /**
   * One event of the run itself that is neither a task's nor an incumbent.
   *
   * @param data the event; null if it repeats what is said elsewhere
   */
  public record HistoryLine(Instant at, String type, JsonNode data) {}
}
