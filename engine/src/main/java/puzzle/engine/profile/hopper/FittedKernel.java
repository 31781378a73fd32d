package puzzle.engine.profile.hopper;

import java.util.Locale;

/**
 * A law with its constants, its correction, the range it was measured in and its error.
 *
 * @param range smallest and largest measured value per axis of the shape
 * @param bands 90 % intervals of held-out rows by the coordinate on {@code bandAxis}
 */
record FittedKernel(
    KernelLaw law,
    double[] constants,
    LogSurface surface,
    double[][] range,
    int bandAxis,
    Band[] bands,
    HopperConstants.Summary quality) {

  /** Half width, relative, for coordinates up to a bound. */
  record Band(double upTo, double halfWidth) {}

  double micros(double[] shape) {
    return law.micros(constants, shape) * Math.exp(surface.at(shape));
  }

  /** How far outside the measured range, in doublings summed over axes. */
  double distance(double[] shape) {
    double sum = 0;
    for (int a = 0; a < range.length; a++) {
      sum += Math.max(0, log2(range[a][0] / shape[a])) + Math.max(0, log2(shape[a] / range[a][1]));
    }
    return sum;
  }

  /** Relative half width of the 90 % interval; grows by half per doubling outside the range. */
  double uncertainty(double[] shape) {
    double width = bands[bands.length - 1].halfWidth();
    for (Band band : bands) {
      if (shape[bandAxis] <= band.upTo()) {
        width = band.halfWidth();
        break;
      }
    }
    return width * (1 + 0.5 * distance(shape));
  }

  /** {@code n 128256 above 65536}: the axis that leaves the range first, or null. */
  String outside(double[] shape, String... axes) {
    for (int a = 0; a < range.length; a++) {
      if (shape[a] < range[a][0] || shape[a] > range[a][1]) {
        boolean below = shape[a] < range[a][0];
        return String.format(
            Locale.ROOT,
            "%s %.0f %s the measured %.0f",
            axes[a],
            shape[a],
            below ? "below" : "above",
            range[a][below ? 0 : 1]);
      }
    }
    return null;
  }

  private static double log2(double x) {
    return Math.log(x) / Math.log(2);
  }
}
