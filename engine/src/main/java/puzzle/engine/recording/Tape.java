package puzzle.engine.recording;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/** States of a split at one place of one layer, read a few sequences at a time. */
public interface Tape extends ParentStates.Source {

  /** Chosen sequences, in that order, [chosen, tokens, hidden]. */
  NDArray read(NDManager manager, int[] chosen);

  /** Sum of squares over chosen sequences. */
  double squares(int[] chosen);
}
