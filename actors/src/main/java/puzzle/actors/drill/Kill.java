package puzzle.actors.drill;

import java.time.Instant;
import java.util.List;

/**
 * One kill: of one node, or of all of them at once.
 *
 * @param stage the run was in
 * @param nodes that died
 */
record Kill(String run, Kind kind, String stage, Instant at, List<String> nodes) {

  /** Which nodes. */
  enum Kind {
    /** One that runs a task and is not the coordinator. */
    WORKER,
    /** The one with the pool, the solver or the shards' coordinator. */
    COORDINATOR,
    /** All. */
    ALL,
    /** No node, but the journal's own process. */
    JOURNAL
  }
}
