package puzzle.engine.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Random;
import org.hipparchus.linear.MatrixUtils;
import org.hipparchus.linear.RealMatrix;
import org.hipparchus.linear.SingularValueDecomposition;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TruncatedSvdTest {

  @ParameterizedTest
  @CsvSource({"40, 24, 1", "40, 24, 7", "24, 40, 7", "24, 40, 24", "9, 9, 8"})
  void theErrorIsTheLeastOfItsRank(int out, int in, int rank) {
    Random random = new Random(5);
    float[] values = new float[out * in];
    RealMatrix matrix = MatrixUtils.createRealMatrix(out, in);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
      matrix.setEntry(i / in, i % in, values[i]);
    }
    try (NDManager manager = Tensors.root().newSubManager()) {
      NDArray array = Tensors.fp32(manager, values, out, in);
      TruncatedSvd first = Tensors.inference(() -> TruncatedSvd.of(array, rank));
      TruncatedSvd second = Tensors.inference(() -> TruncatedSvd.of(array, rank));
      assertEquals(first.left(), second.left(), "the same again, to the bit");
      assertEquals(first.right(), second.right());
      double error = 0;
      for (int o = 0; o < out; o++) {
        for (int i = 0; i < in; i++) {
          double product = 0;
          for (int r = 0; r < rank; r++) {
            product += (double) first.left().get(o * rank + r) * first.right().get(r * in + i);
          }
          error += Math.pow(product - values[o * in + i], 2);
        }
      }
      double[] singular = new SingularValueDecomposition(matrix).getSingularValues();
      double least = 0;
      for (int i = rank; i < singular.length; i++) {
        least += singular[i] * singular[i];
      }
      assertEquals(Math.sqrt(least), Math.sqrt(error), 1e-4 * singular[0]);
    }
  }
}
