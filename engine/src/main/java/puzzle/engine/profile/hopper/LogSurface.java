package puzzle.engine.profile.hopper;

import java.util.Arrays;
import org.hipparchus.linear.Array2DRowRealMatrix;
import org.hipparchus.linear.ArrayRealVector;
import org.hipparchus.linear.CholeskyDecomposition;

/**
 * A piecewise multilinear function of log coordinates: what is left of log(measured / law).
 *
 * <p>Values sit on the nodes of a grid of a few nodes per axis; between nodes they are interpolated
 * in the logarithm of each coordinate, beyond the grid the border value holds, so an extrapolation
 * is the law times a constant. Fitted by ridge regression: a node without rows near it stays 0.
 *
 * @param axes node coordinates per axis, ascending
 * @param values one per node, the last axis fastest
 */
record LogSurface(double[][] axes, double[] values) {

  /**
   * Largest correction, as a factor's logarithm: a surface repairs a law, it does not replace it.
   */
  private static final double LARGEST = 0.7;

  LogSurface {
    int nodes = 1;
    for (double[] axis : axes) {
      nodes *= axis.length;
      for (int i = 0; i < axis.length; i++) {
        if (!(axis[i] > 0) || i > 0 && !(axis[i] > axis[i - 1])) {
          throw new IllegalArgumentException("nodes must ascend: " + Arrays.toString(axis));
        }
      }
    }
    if (nodes != values.length) {
      throw new IllegalArgumentException(nodes + " nodes but " + values.length + " values");
    }
  }

  /** The correction at a shape, as the logarithm of a factor. */
  double at(double[] shape) {
    int corners = 1 << axes.length;
    int[] index = new int[corners];
    double[] weight = new double[corners];
    locate(axes, shape, index, weight);
    double sum = 0;
    for (int c = 0; c < corners; c++) {
      if (weight[c] != 0) {
        sum += weight[c] * values[index[c]];
      }
    }
    return sum;
  }

  /**
   * Least squares with a pull to zero.
   *
   * @param residual log(measured / law), one per shape
   * @param ridge weight of the pull, in rows
   */
  static LogSurface fit(double[][] axes, double[][] shapes, double[] residual, double ridge) {
    int nodes = nodes(axes);
    int corners = 1 << axes.length;
    double[][] normal = new double[nodes][nodes];
    double[] right = new double[nodes];
    int[] index = new int[corners];
    double[] weight = new double[corners];
    for (int r = 0; r < shapes.length; r++) {
      locate(axes, shapes[r], index, weight);
      double y = Math.max(-LARGEST, Math.min(LARGEST, residual[r]));
      for (int a = 0; a < corners; a++) {
        if (weight[a] != 0) {
          right[index[a]] += weight[a] * y;
          for (int b = 0; b < corners; b++) {
            normal[index[a]][index[b]] += weight[a] * weight[b];
          }
        }
      }
    }
    for (int i = 0; i < nodes; i++) {
      normal[i][i] += ridge;
    }
    double[] values =
        new CholeskyDecomposition(new Array2DRowRealMatrix(normal, false))
            .getSolver()
            .solve(new ArrayRealVector(right, false))
            .toArray();
    return new LogSurface(axes, values);
  }

  private static int nodes(double[][] axes) {
    int nodes = 1;
    for (double[] axis : axes) {
      nodes *= axis.length;
    }
    return nodes;
  }

  /** The grid cell around a shape: its corners and their weights. */
  private static void locate(double[][] axes, double[] shape, int[] index, double[] weight) {
    Arrays.fill(index, 0);
    Arrays.fill(weight, 1);
    for (int a = 0; a < axes.length; a++) {
      double[] axis = axes[a];
      double x = Math.max(axis[0], Math.min(axis[axis.length - 1], shape[a]));
      int low = 0;
      while (low < axis.length - 2 && axis[low + 1] <= x) {
        low++;
      }
      boolean single = axis.length == 1;
      double share = single ? 0 : Math.log(x / axis[low]) / Math.log(axis[low + 1] / axis[low]);
      for (int c = 0; c < index.length; c++) {
        boolean upper = (c >> a & 1) == 1;
        index[c] = index[c] * axis.length + low + (upper && !single ? 1 : 0);
        weight[c] *= upper ? share : 1 - share;
      }
    }
  }
}
