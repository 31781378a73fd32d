package puzzle.persistence;

import java.util.Objects;
import puzzle.model.CheckpointRef;
import puzzle.model.RunSpec;
import puzzle.protocol.Wire;

/** What happened to one layer's block. */
public sealed interface BlockEvent extends Wire
    permits TaskEvent, BlockEvent.BuildOrdered, BlockEvent.BuildAbandoned {

  /** The layer's first event. */
  record BuildOrdered(RunSpec spec, int layer, CheckpointRef recording) implements BlockEvent {
    public BuildOrdered {
      Objects.requireNonNull(spec, "spec");
      Objects.requireNonNull(recording, "recording");
    }
  }

  record BuildAbandoned() implements BlockEvent {}
}
