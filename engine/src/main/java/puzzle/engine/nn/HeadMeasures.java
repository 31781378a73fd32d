package puzzle.engine.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.model.SignOfLife;

/**
 * What models say of given tokens, from their final hidden states. The final norm and the head run
 * here, a chunk of tokens at a time ({@link HeadChunks}), so that no more logits exist than one
 * chunk's, twice where two models are compared and twice again as log-probabilities. The sums are
 * those of all tokens at once.
 *
 * <p>Targets are [batch, tokens], int64. To be called without gradients.
 *
 * @param chunk tokens at a time
 */
public record HeadMeasures(int chunk) {

  /** Of models of a vocabulary. */
  public static HeadMeasures of(DecoderConfig config) {
    return new HeadMeasures(HeadChunks.tokens(config.vocabSize()));
  }

  /**
   * A model behind its last layer.
   *
   * @param states [batch, tokens, hidden], before the final norm
   */
  public record Final(Decoder model, NDArray states) {

    private NDArray logits(long first, int count) {
      return model.logits(span(states, first, count));
    }
  }

  /**
   * All that one pass tells of a model against its parent, means over tokens, nats.
   *
   * @param k a token is hit where it is among so many likeliest
   * @return [5][batch]: KL(parent || model) (section 4.2), loss of the model, loss of the parent,
   *     share of tokens hit by the model, by the parent
   */
  public float[][] quality(Final model, Final parent, NDArray targets, int k) {
    NDManager manager = targets.getManager();
    return means(
        tokenwise(
            5,
            targets,
            (first, count, some) ->
                Kernels.call(
                    "quality",
                    model.logits(first, count),
                    parent.logits(first, count),
                    some,
                    Tensors.scalar(manager, k))),
        targets);
  }

  /** Next-token loss, mean over tokens, nats: [batch]. */
  public float[] nll(Final model, NDArray targets) {
    return means(
        tokenwise(
            1,
            targets,
            (first, count, some) -> Kernels.call("nlls", model.logits(first, count), some)),
        targets)[0];
  }

  /** Log-probability of each target, and 1 if it is the likeliest: [2][batch x tokens]. */
  public float[][] graded(Final model, NDArray targets) {
    return tokenwise(
        2,
        targets,
        (first, count, some) -> Kernels.call("graded", model.logits(first, count), some));
  }

  /**
   * As {@link #graded}, with what tells the model from the parent.
   *
   * @return [4][batch x tokens]: log-probability of each target, 1 if it is the likeliest,
   *     KL(parent || model), 1 if both models' likeliest is the same
   */
  public float[][] against(Final model, Final parent, NDArray targets) {
    return tokenwise(
        4,
        targets,
        (first, count, some) ->
            Kernels.call("against", model.logits(first, count), parent.logits(first, count), some));
  }

  private interface Chunk {
    /**
     * @param targets [batch, tokens] of the chunk
     */
    NDArray measures(long first, int count, NDArray targets);
  }

  /** Numbers of every token, [rows][batch x tokens]. */
  private float[][] tokenwise(int rows, NDArray targets, Chunk work) {
    int tokens = Math.toIntExact(targets.size());
    float[][] values = new float[rows][tokens];
    HeadChunks.inChunks(
        chunk,
        tokens,
        (first, count) -> {
          SignOfLife.give();
          float[] some =
              Tensors.inference(
                  () -> {
                    NDArray ids = targets.expandDims(-1);
                    return work.measures(first, count, span(ids, first, count).squeeze(-1))
                        .toFloatArray();
                  });
          for (int row = 0; row < rows; row++) {
            System.arraycopy(some, row * count, values[row], (int) first, count);
          }
        });
    return values;
  }

  /** Consecutive tokens of a batch: the batch itself if those are all. */
  private static NDArray span(NDArray x, long first, int count) {
    Shape shape = x.getShape();
    return count == shape.get(0) * shape.get(1)
        ? x
        : Kernels.call("tokens", x, Tensors.integers(x.getManager(), first, count));
  }

  private static float[][] means(float[][] values, NDArray targets) {
    int batch = (int) targets.getShape().get(0);
    float[][] means = new float[values.length][batch];
    float[] flat =
        Tensors.inference(
            () ->
                Kernels.call(
                        "means",
                        Tensors.fp32(
                            targets.getManager(),
                            all -> {
                              for (float[] row : values) {
                                all.put(row);
                              }
                            },
                            values.length,
                            batch,
                            targets.getShape().get(1)))
                    .toFloatArray());
    for (int row = 0; row < means.length; row++) {
      System.arraycopy(flat, row * batch, means[row], 0, batch);
    }
    return means;
  }
}
