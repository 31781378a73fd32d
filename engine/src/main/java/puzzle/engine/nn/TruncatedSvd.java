package puzzle.engine.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.FloatBuffer;

/**
 * The nearest product of two thin matrices: W ≈ A B with A = U_r S_r^1/2 and B = S_r^1/2 V_r^T, the
 * first r terms of the singular value decomposition. No other product of that rank has a smaller
 * error in the Frobenius norm (Eckart and Young, 1936): the root of the sum of the squares of the
 * singular values left out. The root of S is dealt to both factors, so that both train at one pace.
 *
 * @param left A, [out, rank], row-major
 * @param right B, [rank, in], row-major
 */
public record TruncatedSvd(FloatBuffer left, FloatBuffer right) {

  /**
   * @param matrix [out, in]
   * @param rank from 1 to the smaller of both
   */
  public static TruncatedSvd of(NDArray matrix, int rank) {
    int out = Math.toIntExact(matrix.getShape().get(0));
    int in = Math.toIntExact(matrix.getShape().get(1));
    NDManager manager = matrix.getManager();
    FloatBuffer both =
        Tensors.read(
            Kernels.call("factors", matrix, manager.full(new Shape(), rank, DataType.INT64)));
    FloatBuffer right = FloatBuffer.allocate(rank * in);
    for (int row = 0; row < rank; row++) {
      for (int column = 0; column < in; column++) {
        right.put(row * in + column, both.get((out + column) * rank + row));
      }
    }
    return new TruncatedSvd(both.slice(0, out * rank), right);
  }
}
