package puzzle.engine.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import puzzle.model.Precision;
import puzzle.model.SignOfLife;

/**
 * The two ends of a model under training, embedding and head: matrices over the vocabulary, the
 * largest there are. Their gradients are added in place, never made as matrices of their own: the
 * embedding's in the rows that occur, the head's by the product that gives it.
 *
 * <p>Where the ends are tied, both are the same matrix. What the embedding adds then waits in a
 * place of its own, so that the sum does not depend on the order of micro-batches and layers.
 *
 * <p>Shapes: matrices [vocabulary, hidden], states [..., hidden], logits [..., vocabulary].
 */
public final class TrainedEnds {

  /** A parameter and the sum of its gradients. */
  public record Matrix(NDArray values, NDArray gradient) {}

  private final Precision precision;
  private final Matrix embedding;
  private final Matrix head;

  /** Gradient of the embedding; a matrix of its own where the ends are tied. */
  private final NDArray rows;

  private final Set<Integer> waiting = new LinkedHashSet<>();

  /** Untied. */
  public TrainedEnds(Precision precision, Matrix embedding, Matrix head) {
    this(precision, embedding, head, embedding.gradient());
  }

  /** Tied. */
  public TrainedEnds(Precision precision, Matrix both, ArrayRoom room) {
    this(precision, both, both, room.zeros(both.values().getShape().getShape()));
  }

  private TrainedEnds(Precision precision, Matrix embedding, Matrix head, NDArray rows) {
    this.precision = precision;
    this.embedding = embedding;
    this.head = head;
    this.rows = rows;
  }

  /** E[ids]: [batch, tokens] int64 to [batch, tokens, hidden]. */
  public NDArray embed(NDArray ids) {
    return Kernels.call("embed", ids, embedding.values());
  }

  /**
   * Adds to the gradient of the embedding: for each token that occurs, the sum over its places.
   *
   * @param columns how many tokens of each sequence were embedded
   * @param gradient of what {@link #embed} gave
   */
  public void addEmbedding(int[][] sequences, int columns, NDArray gradient) {
    Map<Integer, Integer> occurring = new LinkedHashMap<>();
    long[] places = new long[sequences.length * columns];
    for (int i = 0; i < places.length; i++) {
      Integer token = sequences[i / columns][i % columns];
      Integer row = occurring.putIfAbsent(token, occurring.size());
      places[i] = row == null ? occurring.size() - 1 : row;
    }
    waiting.addAll(occurring.keySet());
    NDManager manager = gradient.getManager();
    Tensors.inference(
        () ->
            Kernels.call(
                "add_rows",
                rows,
                gradient,
                Tensors.integers(manager, tokens(occurring.keySet())),
                Tensors.integers(manager, places)));
  }

  /** Adds what waits to the gradient; before the optimiser's step. */
  public void join() {
    if (rows != embedding.gradient() && !waiting.isEmpty()) {
      NDManager manager = rows.getManager();
      Tensors.inference(
          () ->
              Kernels.call(
                  "move_rows",
                  embedding.gradient(),
                  rows,
                  Tensors.integers(manager, tokens(waiting))));
    }
    waiting.clear();
  }

  /** x W of normed states. */
  public NDArray logits(NDArray normed) {
    return Kernels.call(precision, "project", normed, head.values());
  }

  /**
   * Goes back through {@link #logits}: adds to the gradient of the head.
   *
   * @param gradient of the logits
   * @return the gradient of {@code normed}
   */
  public NDArray backward(NDArray normed, NDArray gradient) {
    Kernels.call("add_product", head.gradient(), gradient, normed);
    SignOfLife.give();
    return Kernels.call(precision, "project_back", gradient, head.values());
  }

  private static long[] tokens(Set<Integer> rows) {
    return rows.stream().mapToLong(Integer::longValue).toArray();
  }
}
