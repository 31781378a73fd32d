package puzzle.engine.profile.hopper;

import java.util.List;

/**
 * The time of one family of kernels as a function of its shape and a few positive constants. Shapes
 * and constants are plain arrays because a fit turns them into matrices; names are kept beside
 * them.
 */
interface KernelLaw {

  /** Names of the constants, in order. */
  List<String> constants();

  /** Where a fit starts. */
  double[] start();

  /**
   * @param constants positive, in the order of {@link #constants()}
   * @param shape what the law's class comment says
   * @return microseconds
   */
  double micros(double[] constants, double[] shape);

  /**
   * {@code (a^p + b^p)^(1/p)}: a soft maximum, sharper for larger p; safe where powers overflow.
   */
  static double softMax(double a, double b, double p) {
    double high = Math.max(a, b);
    double low = Math.min(a, b);
    if (high <= 0 || low <= 0) {
      return Math.max(high, 0);
    }
    return high * Math.exp(Math.log1p(Math.exp(p * Math.log(low / high))) / p);
  }
}
