package puzzle.engine.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/** Where what is trained lives: parameters, gradients, moments. */
public interface ArrayRoom {

  /** fp32 zeros that live as long as the room's owner. */
  NDArray zeros(long... shape);

  /** In memory, as long as {@code manager}. */
  static ArrayRoom memory(NDManager manager) {
    return shape -> Tensors.detached(manager, () -> Tensors.zeros(manager, shape));
  }
}
