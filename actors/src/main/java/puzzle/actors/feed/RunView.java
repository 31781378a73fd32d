package puzzle.actors.feed;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import puzzle.persistence.RunEvent;
import puzzle.persistence.RunState;
import puzzle.persistence.TaskEvent;

/**
 * One run as its journal tells it, for onlookers: every task with every attempt, every incumbent,
 * and whatever else happened to the run, in order. Kinds of events this class has never heard of
 * are passed on as they are.
 */
final class RunView {

  /** Repeats what the tasks of a layer say already. */
  private static final String LAYER_SETTLED = "layer-settled";

  private final Map<String, TaskLine> tasks = new LinkedHashMap<>();
  private final List<RunSnapshot.IncumbentLine> incumbents = new ArrayList<>();
  private final List<RunSnapshot.HistoryLine> history = new ArrayList<>();
  private RunState state = RunState.EMPTY;
  private Position position = Position.START;

  void on(JournalFact fact) {
    position = fact.position();
    if (fact.event() instanceof RunEvent event && fact.persistenceId().startsWith("Run|")) {
      state = state.on(event);
    }
    if (fact.event() instanceof TaskEvent event) {
      tasks.merge(
          event.key(),
          TaskLine.of(event.key(), fact.layer()).on(event, fact.at()),
          (before, first) -> before.on(event, fact.at()));
    } else if (fact.event() instanceof RunEvent.IncumbentFound found) {
      incumbents.add(new RunSnapshot.IncumbentLine(fact.at(), found.incumbent()));
    } else if (fact.layer() < 0) {
      JsonNode data =
          fact.type().equals(LAYER_SETTLED) ? null : FactJson.MAPPER.valueToTree(fact.event());
      history.add(new RunSnapshot.HistoryLine(fact.at(), fact.type(), data));
    }
  }

  boolean started() {
    return state.started();
  }

  RunState state() {
    return state;
  }

  Position position() {
    return position;
  }

  RunSnapshot snapshot() {
    return new RunSnapshot(
        position,
        state,
        List.copyOf(tasks.values()),
        List.copyOf(incumbents),
        List.copyOf(history));
  }
}
