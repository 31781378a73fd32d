package puzzle.engine.nn;

import ai.djl.ndarray.NDArray;

/** The measures of Puzzle, in nats where they are divergences. */
public final class Losses {

  private Losses() {}

  /**
   * Next-token loss.
   *
   * @param logits [batch, tokens, vocabulary]
   * @param targets [batch, tokens], int64
   * @return mean over tokens, per sequence: [batch]
   */
  public static NDArray nll(NDArray logits, NDArray targets) {
    return Kernels.call("nll", logits, targets);
  }

  /**
   * KL(parent || child) of the next-token distributions (sections 4.2 and 4.3).
   *
   * @return mean over tokens, per sequence: [batch]
   */
  public static NDArray kl(NDArray childLogits, NDArray parentLogits) {
    return Kernels.call("kl", childLogits, parentLogits);
  }

  /**
   * The same of distributions softened by a temperature T, times T squared, so that its gradient
   * keeps its size.
   */
  public static NDArray kl(NDArray childLogits, NDArray parentLogits, double temperature) {
    if (temperature == 1) {
      return kl(childLogits, parentLogits);
    }
    NDArray t = Tensors.scalar(childLogits.getManager(), temperature);
    return Kernels.call("kl_softened", childLogits, parentLogits, t);
  }

  /** MSE(o_parent, o_child) / MSE(o_parent, 0) over hidden states (section 3): a scalar. */
  public static NDArray normalisedMse(NDArray child, NDArray parent) {
    return Kernels.call("nmse", child, parent);
  }

  /**
   * What some sequences of a batch add to {@link #normalisedMse} of the whole batch: a scalar.
   *
   * @param squares sum of squares of the parent's states over the whole batch
   */
  public static NDArray normalisedMse(NDArray child, NDArray parent, double squares) {
    return Kernels.call("nmse_part", child, parent, Tensors.scalar(child.getManager(), squares));
  }

  /** Mean over tokens of 1 - cos(h_child, h_parent) (section 4.3): a scalar. */
  public static NDArray cosine(NDArray child, NDArray parent) {
    return Kernels.call("cosine", child, parent);
  }
}
