package puzzle.engine.profile.hopper;

import org.hipparchus.linear.MatrixUtils;
import org.hipparchus.linear.RealMatrix;
import org.hipparchus.linear.RealVector;
import org.hipparchus.optim.nonlinear.vector.leastsquares.LeastSquaresBuilder;
import org.hipparchus.optim.nonlinear.vector.leastsquares.LeastSquaresOptimizer;
import org.hipparchus.optim.nonlinear.vector.leastsquares.LevenbergMarquardtOptimizer;
import org.hipparchus.optim.nonlinear.vector.leastsquares.MultivariateJacobianFunction;
import org.hipparchus.util.Pair;

/**
 * Least squares of logarithms that outliers do not own.
 *
 * <p>Minimises sum rho(r_i) with r_i = log(predicted / measured) and rho the soft L1 loss, by
 * iteratively reweighted Levenberg-Marquardt steps over the logarithms of the constants, so that
 * constants stay positive. Each constant is pulled weakly to where it started: a constant the data
 * say nothing about stays there instead of wandering off.
 */
final class RobustFit {

  /** Residual from which a row counts as an outlier. */
  private static final double SCALE = 0.1;

  private static final int REWEIGHTINGS = 5;
  private static final int STEPS = 25;
  private static final double DIFFERENCE = 1e-5;
  private static final double FARTHEST = 6;

  /** Residuals for given constants. */
  interface Residuals {
    /** log(predicted / measured), one per row. */
    double[] of(double[] constants);
  }

  private RobustFit() {}

  /**
   * @param start positive constants
   * @param pull weight per constant, in rows of residual {@link #SCALE} per unit of its logarithm
   */
  static double[] fit(double[] start, double[] pull, Residuals residuals) {
    int n = start.length;
    double[] origin = new double[n];
    for (int i = 0; i < n; i++) {
      origin[i] = Math.log(start[i]);
    }
    double[] x = origin.clone();
    for (int round = 0; round < REWEIGHTINGS; round++) {
      double[] weight = weights(residuals.of(exp(x, origin)));
      x = solve(x, origin, pull, weight, residuals);
    }
    return exp(x, origin);
  }

  private static double[] solve(
      double[] from, double[] origin, double[] pull, double[] weight, Residuals residuals) {
    int rows = weight.length + from.length;
    MultivariateJacobianFunction model =
        point -> {
          double[] x = point.toArray();
          double[] base = weighted(x, origin, pull, weight, residuals);
          RealMatrix jacobian = MatrixUtils.createRealMatrix(rows, x.length);
          for (int j = 0; j < x.length; j++) {
            double[] moved = x.clone();
            moved[j] += DIFFERENCE;
            double[] there = weighted(moved, origin, pull, weight, residuals);
            for (int i = 0; i < rows; i++) {
              jacobian.setEntry(i, j, (there[i] - base[i]) / DIFFERENCE);
            }
          }
          return new Pair<RealVector, RealMatrix>(MatrixUtils.createRealVector(base), jacobian);
        };
    LeastSquaresOptimizer.Optimum best =
        new LevenbergMarquardtOptimizer()
            .optimize(
                new LeastSquaresBuilder()
                    .start(from)
                    .model(model)
                    .target(new double[rows])
                    .checker(
                        (iteration, a, b) ->
                            iteration >= STEPS
                                || Math.abs(a.getCost() - b.getCost()) < 1e-7 * (1 + a.getCost()))
                    .maxEvaluations(500)
                    .maxIterations(500)
                    .build());
    return best.getPoint().toArray();
  }

  private static double[] weighted(
      double[] x, double[] origin, double[] pull, double[] weight, Residuals residuals) {
    double[] r = residuals.of(exp(x, origin));
    double[] out = new double[r.length + x.length];
    for (int i = 0; i < r.length; i++) {
      out[i] = Math.sqrt(weight[i]) * r[i];
    }
    for (int j = 0; j < x.length; j++) {
      out[r.length + j] = SCALE * Math.sqrt(pull[j]) * (x[j] - origin[j]);
    }
    return out;
  }

  /** Weights of the soft L1 loss: 1 for a small residual, falling as scale / residual. */
  private static double[] weights(double[] residual) {
    double[] weight = new double[residual.length];
    for (int i = 0; i < weight.length; i++) {
      double z = residual[i] / SCALE;
      weight[i] = 1 / Math.sqrt(1 + z * z);
    }
    return weight;
  }

  private static double[] exp(double[] x, double[] origin) {
    double[] out = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      out[i] = Math.exp(Math.max(origin[i] - FARTHEST, Math.min(origin[i] + FARTHEST, x[i])));
    }
    return out;
  }
}
