package puzzle.persistence;

import java.util.List;
import java.util.Objects;
import puzzle.model.Block;
import puzzle.model.CheckpointRef;
import puzzle.model.RunSpec;
import puzzle.protocol.Wire;

/** What happened to one layer's block. */
public sealed interface LayerEvent extends Wire
    permits TaskEvent,
        LayerEvent.BuildOrdered,
        LayerEvent.CouplingOrdered,
        LayerEvent.BuildPaused,
        LayerEvent.BuildAbandoned {

  /**
   * The layer's first event, and the first after each pause.
   *
   * @param retries how often it was asked to try again what was given up
   */
  record BuildOrdered(RunSpec spec, int layer, CheckpointRef recording, int retries)
      implements LayerEvent {

    public BuildOrdered(RunSpec spec, int layer, CheckpointRef recording) {
      this(spec, layer, recording, 0);
    }

    public BuildOrdered {
      Objects.requireNonNull(spec, "spec");
      Objects.requireNonNull(recording, "recording");
    }
  }

  /** The second stage: these blocks are trained as a whole. */
  record CouplingOrdered(List<Block> blocks) implements LayerEvent {
    public CouplingOrdered {
      blocks = blocks == null ? List.of() : List.copyOf(blocks);
    }
  }

  /** No further task is granted. */
  record BuildPaused() implements LayerEvent {}

  record BuildAbandoned() implements LayerEvent {}
}
