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
 * @param paused true where no further task is granted
 */
public record BlockState(
    RunSpec spec,
    int layer,
    CheckpointRef recording,
    List<Block> coupled,
    TaskLedger tasks,
    int retries,
    boolean paused,
    boolean abandoned)
    implements Wire {

  public static final BlockState EMPTY =
      new BlockState(null, -1, null, null, TaskLedger.EMPTY, 0, false, false);

  public BlockState {
    tasks = tasks == null ? TaskLedger.EMPTY : tasks;
    coupled = coupled == null ? null : List.copyOf(coupled);
  }

  /** True where there is an order and it stands. */
  public boolean active() {
    return spec != null && !abandoned;
  }

  public BlockState on(BlockEvent event) {
    if (event instanceof TaskEvent e) {
      return new BlockState(
          spec, layer, recording, coupled, tasks.on(e), retries, paused, abandoned);
    }
    if (event instanceof BlockEvent.BuildOrdered e) {
      return new BlockState(
          e.spec(), e.layer(), e.recording(), coupled, tasks, e.retries(), false, false);
    }
    if (event instanceof BlockEvent.CouplingOrdered e) {
      return new BlockState(spec, layer, recording, e.blocks(), tasks, retries, false, abandoned);
    }
    if (event instanceof BlockEvent.BuildPaused) {
      return new BlockState(spec, layer, recording, coupled, tasks, retries, true, abandoned);
    }
    if (event instanceof BlockEvent.BuildAbandoned) {
      return new BlockState(spec, layer, recording, coupled, tasks, retries, paused, true);
    }
    throw new IllegalArgumentException("unknown event of a block: " + event);
  }
}
