package puzzle.persistence;

import java.util.List;
import java.util.Objects;
import puzzle.model.Block;
import puzzle.model.CheckpointRef;
import puzzle.model.RunSpec;
import puzzle.protocol.Wire;

/** What happened to one layer's block. */
public sealed interface BlockEvent extends Wire
    permits TaskEvent,
        BlockEvent.BuildOrdered,
        BlockEvent.CouplingOrdered,
        BlockEvent.BuildAbandoned {

  /** The layer's first event. */
  record BuildOrdered(RunSpec spec, int layer, CheckpointRef recording) implements BlockEvent {
    public BuildOrdered {
      Objects.requireNonNull(spec, "spec");
      Objects.requireNonNull(recording, "recording");
    }
  }

  /** The second stage: these blocks are trained as a whole. */
  record CouplingOrdered(List<Block> blocks) implements BlockEvent {
    public CouplingOrdered {
      blocks = blocks == null ? List.of() : List.copyOf(blocks);
    }
  }

  record BuildAbandoned() implements BlockEvent {}
}
