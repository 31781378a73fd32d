package puzzle.engine.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;

/**
 * What backpropagation in pieces needs: graphs that begin anew, and what is handed between them.
 */
public final class Gradients {

  private Gradients() {}

  /** The same memory as the beginning of a graph: gradients are added up here and go no further. */
  public static NDArray leaf(NDArray array) {
    NDArray leaf = fixed(array);
    leaf.setRequiresGradient(true);
    return leaf;
  }

  /** The same memory as a constant. */
  public static NDArray fixed(NDArray array) {
    return JniUtils.detachGradient((PtNDArray) array);
  }

  /**
   * sum(output * gradient): backpropagated, it hands on the gradient that what follows has for this
   * output.
   */
  public static NDArray handedOn(NDArray output, NDArray gradient) {
    return Kernels.call("dot", output, gradient);
  }

  /** Adds to a sum in place. */
  public static void add(NDArray sum, NDArray gradient) {
    Tensors.inference(() -> Kernels.call("add", sum, gradient));
  }
}
