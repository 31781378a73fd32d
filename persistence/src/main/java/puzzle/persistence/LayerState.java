package puzzle.persistence;

import java.util.List;
import puzzle.model.Block;
import puzzle.model.CheckpointRef;
import puzzle.model.RunSpec;
import puzzle.protocol.Wire;

/**
 * All that is on record about one layer's block.
 *
 * @param spec null before the order to build
 * @param coupled blocks the second stage trains as a whole; null before it is ordered
 * @param retries how often what was given up was tried again
 * @param paused true if no further task is granted
 */
public record LayerState(
    RunSpec spec,
    int layer,
    CheckpointRef recording,
    List<Block> coupled,
    TaskLedger tasks,
    int retries,
    boolean paused,
    boolean abandoned)
    implements OwnerState, Wire {

  public static final LayerState EMPTY =
      new LayerState(null, -1, null, null, TaskLedger.EMPTY, 0, false, false);

  public LayerState {
    tasks = tasks == null ? TaskLedger.EMPTY : tasks;
    coupled = coupled == null ? null : List.copyOf(coupled);
  }

  /** True if there is an order and it stands. */
  public boolean active() {
    return spec != null && !abandoned;
  }

  public LayerState on(LayerEvent event) {
    if (event instanceof TaskEvent e) {
      return new LayerState(
          spec, layer, recording, coupled, tasks.on(e), retries, paused, abandoned);
    }
    if (event instanceof LayerEvent.BuildOrdered e) {
      return new LayerState(
          e.spec(), e.layer(), e.recording(), coupled, tasks, e.retries(), false, false);
    }
    if (event instanceof LayerEvent.CouplingOrdered e) {
      return new LayerState(spec, layer, recording, e.blocks(), tasks, retries, false, abandoned);
    }
    if (event instanceof LayerEvent.BuildPaused) {
      return new LayerState(spec, layer, recording, coupled, tasks, retries, true, abandoned);
    }
    if (event instanceof LayerEvent.BuildAbandoned) {
      return new LayerState(spec, layer, recording, coupled, tasks, retries, paused, true);
    }
    throw new IllegalArgumentException("unknown event of a block: " + event);
  }
}
