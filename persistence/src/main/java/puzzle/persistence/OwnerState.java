package puzzle.persistence;

import puzzle.model.RunSpec;

/** What is on record about an entity that owns tasks: a run, a layer, a global distillation. */
public sealed interface OwnerState permits RunState, LayerState, GkdState {

  /** Null before the first order. */
  RunSpec spec();

  TaskLedger tasks();

  /** True while there is an order and it stands. */
  boolean active();

  /** True while no further task is granted. */
  boolean paused();
}
