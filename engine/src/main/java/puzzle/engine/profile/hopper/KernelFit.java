package puzzle.engine.profile.hopper;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import puzzle.engine.profile.hopper.KernelSamples.Sample;

/**
 * Fits one kernel: the law's constants by {@link RobustFit} on at most a few thousand rows, the
 * surface by ridge regression on all, the interval from rows the fit did not see.
 *
 * <p>Five folds: each row is predicted once by a fit on the other four fifths. The 90 % quantile of
 * those errors, by band of one coordinate, is the uncertainty; the coverage reported is of bands
 * computed without the fold they are applied to. Seeded, so a fit can be repeated.
 *
 * @param axes nodes of the surface
 * @param edges upper bounds of the bands but the last
 */
record KernelFit(KernelLaw law, double[][] axes, int bandAxis, double... edges) {

  private static final int FOLDS = 5;
  private static final int LAW_ROWS = 2500;
  private static final int FOLD_LAW_ROWS = 1200;
  private static final double RIDGE = 1;
  private static final double PULL = 0.5;
  private static final double QUANTILE = 0.9;
  private static final int SMALLEST_BAND = 60;
  private static final long SEED = 20_241_119;

  FittedKernel fit(List<Sample> samples) {
    int n = samples.size();
    double[] constants = lawConstants(samples, LAW_ROWS, law.start(), new Random(SEED));
    LogSurface surface = surface(constants, samples);
    int[] fold = folds(n);
    double[] heldOut = new double[n];
    for (int f = 0; f < FOLDS; f++) {
      List<Sample> training = new ArrayList<>();
      for (int i = 0; i < n; i++) {
        if (fold[i] != f) {
          training.add(samples.get(i));
        }
      }
      double[] c = lawConstants(training, FOLD_LAW_ROWS, law.start(), new Random(SEED + f));
      LogSurface s = surface(c, training);
      for (int i = 0; i < n; i++) {
        if (fold[i] == f) {
          heldOut[i] = residual(c, samples.get(i)) - s.at(samples.get(i).shape());
        }
      }
    }
    double error = 0;
    double heldOutError = 0;
    for (int i = 0; i < n; i++) {
      error += Math.abs(residual(constants, samples.get(i)) - surface.at(samples.get(i).shape()));
      heldOutError += Math.abs(heldOut[i]);
    }
    return new FittedKernel(
        law,
        constants,
        surface,
        range(samples),
        bandAxis,
        bands(samples, heldOut, null, -1),
        new HopperConstants.Summary(
            n,
            Math.expm1(error / n),
            Math.expm1(heldOutError / n),
            coverage(samples, heldOut, fold)));
  }

  private double[] lawConstants(List<Sample> samples, int most, double[] start, Random random) {
    List<Sample> some = new ArrayList<>(samples);
    if (some.size() > most) {
      Collections.shuffle(some, random);
      some = some.subList(0, most);
    }
    List<Sample> rows = some;
    double[] pull = new double[start.length];
    Arrays.fill(pull, PULL);
    return RobustFit.fit(
        start,
        pull,
        c -> {
          double[] r = new double[rows.size()];
          for (int i = 0; i < r.length; i++) {
            r[i] = -residual(c, rows.get(i));
          }
          return r;
        });
  }

  private LogSurface surface(double[] constants, List<Sample> samples) {
    double[][] shapes = new double[samples.size()][];
    double[] residual = new double[shapes.length];
    for (int i = 0; i < shapes.length; i++) {
      shapes[i] = samples.get(i).shape();
      residual[i] = residual(constants, samples.get(i));
    }
    return LogSurface.fit(axes, shapes, residual, RIDGE);
  }

  /** log(measured / law). */
  private double residual(double[] constants, Sample sample) {
    return Math.log(sample.micros() / law.micros(constants, sample.shape()));
  }

  private FittedKernel.Band[] bands(List<Sample> samples, double[] error, int[] fold, int without) {
    List<List<Double>> perBand = new ArrayList<>();
    for (int b = 0; b <= edges.length; b++) {
      perBand.add(new ArrayList<>());
    }
    List<Double> all = new ArrayList<>();
    for (int i = 0; i < error.length; i++) {
      if (fold == null || fold[i] != without) {
        double e = Math.abs(error[i]);
        perBand.get(band(samples.get(i).shape())).add(e);
        all.add(e);
      }
    }
    FittedKernel.Band[] bands = new FittedKernel.Band[edges.length + 1];
    for (int b = 0; b < bands.length; b++) {
      List<Double> own = perBand.get(b).size() < SMALLEST_BAND ? all : perBand.get(b);
      bands[b] =
          new FittedKernel.Band(
              b < edges.length ? edges[b] : Double.MAX_VALUE,
              Math.expm1(quantile(own, Math.min(1, QUANTILE * (own.size() + 1) / own.size()))));
    }
    return bands;
  }

  private int band(double[] shape) {
    int b = 0;
    while (b < edges.length && shape[bandAxis] > edges[b]) {
      b++;
    }
    return b;
  }

  private double coverage(List<Sample> samples, double[] heldOut, int[] fold) {
    int inside = 0;
    for (int f = 0; f < FOLDS; f++) {
      FittedKernel.Band[] bands = bands(samples, heldOut, fold, f);
      for (int i = 0; i < heldOut.length; i++) {
        if (fold[i] == f
            && Math.abs(heldOut[i])
                <= Math.log1p(bands[band(samples.get(i).shape())].halfWidth())) {
          inside++;
        }
      }
    }
    return (double) inside / heldOut.length;
  }

  private static int[] folds(int n) {
    int[] fold = new int[n];
    for (int i = 0; i < n; i++) {
      fold[i] = i % FOLDS;
    }
    Random random = new Random(SEED);
    for (int i = n - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int swap = fold[i];
      fold[i] = fold[j];
      fold[j] = swap;
    }
    return fold;
  }

  private static double[][] range(List<Sample> samples) {
    int dimensions = samples.get(0).shape().length;
    double[][] range = new double[dimensions][2];
    for (int a = 0; a < dimensions; a++) {
      int axis = a;
      range[a][0] = samples.stream().mapToDouble(s -> s.shape()[axis]).min().orElseThrow();
      range[a][1] = samples.stream().mapToDouble(s -> s.shape()[axis]).max().orElseThrow();
    }
    return range;
  }

  /** Linear between order statistics. */
  static double quantile(List<Double> values, double q) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    double at = q * (sorted.length - 1);
    int low = (int) at;
    int high = Math.min(low + 1, sorted.length - 1);
    return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
  }
}
