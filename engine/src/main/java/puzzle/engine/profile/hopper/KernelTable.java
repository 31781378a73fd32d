package puzzle.engine.profile.hopper;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Random;
import puzzle.engine.profile.hopper.KernelSamples.Sample;

/**
 * One kernel's measurements as a function of shape.
 *
 * <p>Interpolates log(measured / model) linearly in the logarithm of each coordinate between the
 * measured values around a shape: the model brings the steps that a kernel's tiles make, the table
 * brings the level. A measured shape is answered by its measurement, a hole in the grid by what
 * lies on both sides of it along each axis. Outside the measured range, or where more than half of
 * the surrounding measurements are missing, there is no answer.
 */
final class KernelTable {

  private static final double ENOUGH = 0.5;
  private static final int WIDEST_HOLE = 2;
  private static final int PROBES = 400;

  private final FittedKernel model;
  private final double[][] axes;
  private final Map<List<Integer>, double[]> logRatios = new HashMap<>();
  private final double uncertainty;

  KernelTable(FittedKernel model, List<Sample> samples) {
    this.model = model;
    this.axes = new double[samples.get(0).shape().length][];
    for (int a = 0; a < axes.length; a++) {
      int axis = a;
      axes[a] = samples.stream().mapToDouble(s -> s.shape()[axis]).sorted().distinct().toArray();
    }
    for (Sample sample : samples) {
      double[] sum = logRatios.computeIfAbsent(node(sample.shape()), n -> new double[2]);
      sum[0] += Math.log(sample.micros() / model.micros(sample.shape()));
      sum[1]++;
    }
    this.uncertainty = leaveOneOut(samples);
  }

  /** Relative half width of the 90 % interval of an interpolated time, by leaving one row out. */
  double uncertainty() {
    return uncertainty;
  }

  /** Microseconds, or nothing where the table does not reach. */
  OptionalDouble micros(double[] shape) {
    int dimensions = axes.length;
    int[] low = new int[dimensions];
    double[] share = new double[dimensions];
    boolean onGrid = true;
    for (int a = 0; a < dimensions; a++) {
      double[] axis = axes[a];
      double x = shape[a];
      if (x < axis[0] || x > axis[axis.length - 1]) {
        return OptionalDouble.empty();
      }
      int at = Arrays.binarySearch(axis, x);
      low[a] = at >= 0 ? at : -at - 2;
      if (at < 0) {
        share[a] = Math.log(x / axis[low[a]]) / Math.log(axis[low[a] + 1] / axis[low[a]]);
        onGrid = false;
      }
    }
    double sum = 0;
    double weight = 0;
    for (int c = 0; c < 1 << dimensions; c++) {
      double w = 1;
      Integer[] node = new Integer[dimensions];
      for (int a = 0; a < dimensions; a++) {
        boolean upper = (c >> a & 1) == 1;
        w *= upper ? share[a] : 1 - share[a];
        node[a] = low[a] + (upper ? 1 : 0);
      }
      double[] ratio = w > 0 ? logRatios.get(List.of(node)) : null;
      if (ratio != null) {
        sum += w * ratio[0] / ratio[1];
        weight += w;
      }
    }
    if (weight >= ENOUGH) {
      return OptionalDouble.of(model.micros(shape) * Math.exp(sum / weight));
    }
    return onGrid ? acrossHole(low, shape) : OptionalDouble.empty();
  }

  /** The mean over axes of what the nearest measurements on both sides say. */
  private OptionalDouble acrossHole(int[] at, double[] shape) {
    double sum = 0;
    int count = 0;
    for (int a = 0; a < axes.length; a++) {
      int below = nearest(at, a, -1);
      int above = nearest(at, a, 1);
      if (below >= 0 && above >= 0) {
        double low = logRatio(at, a, below);
        double high = logRatio(at, a, above);
        double[] axis = axes[a];
        sum +=
            low
                + (high - low)
                    * Math.log(axis[at[a]] / axis[below])
                    / Math.log(axis[above] / axis[below]);
        count++;
      }
    }
    return count == 0
        ? OptionalDouble.empty()
        : OptionalDouble.of(model.micros(shape) * Math.exp(sum / count));
  }

  /** Index of the nearest measured node along an axis, at most {@link #WIDEST_HOLE} away, or -1. */
  private int nearest(int[] at, int axis, int step) {
    for (int i = 1; i <= WIDEST_HOLE; i++) {
      int index = at[axis] + i * step;
      if (index >= 0
          && index < axes[axis].length
          && logRatios.containsKey(moved(at, axis, index))) {
        return index;
      }
    }
    return -1;
  }

  private double logRatio(int[] at, int axis, int index) {
    double[] ratio = logRatios.get(moved(at, axis, index));
    return ratio[0] / ratio[1];
  }

  private static List<Integer> moved(int[] at, int axis, int index) {
    Integer[] node = Arrays.stream(at).boxed().toArray(Integer[]::new);
    node[axis] = index;
    return List.of(node);
  }

  private List<Integer> node(double[] shape) {
    Integer[] node = new Integer[axes.length];
    for (int a = 0; a < axes.length; a++) {
      node[a] = Arrays.binarySearch(axes[a], shape[a]);
    }
    return List.of(node);
  }

  /** |log error| of a row's prediction from the other rows; NaN if they say nothing. */
  private double errorWithout(Sample sample) {
    double own = Math.log(sample.micros() / model.micros(sample.shape()));
    List<Integer> node = node(sample.shape());
    double[] ratio = logRatios.get(node);
    if (ratio[1] > 1) {
      return Math.abs((ratio[0] - own) / (ratio[1] - 1) - own);
    }
    int[] at = node.stream().mapToInt(Integer::intValue).toArray();
    OptionalDouble there = acrossHole(at, sample.shape());
    return there.isPresent()
        ? Math.abs(Math.log(there.getAsDouble() / sample.micros()))
        : Double.NaN;
  }

  private double leaveOneOut(List<Sample> samples) {
    Random random = new Random(samples.size());
    double[] errors =
        random
            .ints(Math.min(PROBES, samples.size()), 0, samples.size())
            .mapToObj(samples::get)
            .mapToDouble(this::errorWithout)
            .filter(e -> !Double.isNaN(e))
            .toArray();
    return errors.length == 0
        ? model.uncertainty(samples.get(0).shape())
        : Math.expm1(KernelFit.quantile(Arrays.stream(errors).boxed().toList(), 0.9));
  }
}
