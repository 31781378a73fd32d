package puzzle.persistence;

import puzzle.model.CheckpointRef;
import puzzle.model.RunSpec;
import puzzle.protocol.Wire;

/**
 * All that is on record about one layer's block.
 *
 * @param spec null before the order to build
 */
public record BlockState(
    RunSpec spec, int layer, CheckpointRef recording, TaskLedger tasks, boolean abandoned)
    implements Wire {

  public static final BlockState EMPTY = new BlockState(null, -1, null, TaskLedger.EMPTY, false);

  public BlockState {
    tasks = tasks == null ? TaskLedger.EMPTY : tasks;
  }

  /** True where there is an order and it stands. */
  public boolean active() {
    return spec != null && !abandoned;
  }

  public BlockState on(BlockEvent event) {
    if (event instanceof TaskEvent e) {
      return new BlockState(spec, layer, recording, tasks.on(e), abandoned);
    }
    if (event instanceof BlockEvent.BuildOrdered e) {
      return new BlockState(e.spec(), e.layer(), e.recording(), tasks, false);
    }
    if (event instanceof BlockEvent.BuildAbandoned) {
      return new BlockState(spec, layer, recording, tasks, true);
    }
    throw new IllegalArgumentException("unknown event of a block: " + event);
  }
}
