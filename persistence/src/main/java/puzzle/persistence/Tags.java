package puzzle.persistence;

import java.util.Set;

/** Names under which the read side finds events. */
public final class Tags {

  /** Every event of every run. */
  public static final String FACT = "puzzle-fact";

  private Tags() {}

  /** All events of one run, whichever entity wrote them. */
  public static String run(String runId) {
    return "run-" + runId;
  }

  private static Set<String> of(String runId) {
    return Set.of(FACT, run(runId));
  }

  /** Tags of an event written by an entity of that id: {@code run} or {@code run/layer}. */
  public static Set<String> ofEntity(String entityId) {
    int slash = entityId.indexOf('/');
    return of(slash < 0 ? entityId : entityId.substring(0, slash));
  }
}
