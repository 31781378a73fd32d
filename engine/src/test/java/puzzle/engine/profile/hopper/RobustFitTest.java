package puzzle.engine.profile.hopper;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import puzzle.engine.profile.hopper.KernelSamples.Sample;

class RobustFitTest {

  private static final DecodeLaw LAW = new DecodeLaw();
  private static final double[] TRUTH = {5, 8000, 100, 6, 0.4, 1.5};

  private static List<Sample> samples(Random random, double noise, double outliers) {
    List<Sample> samples = new ArrayList<>();
    for (int i = 0; i < 600; i++) {
      double[] shape = {Math.exp(random.nextDouble() * 9), Math.exp(1 + random.nextDouble() * 10)};
      double factor = Math.exp(noise * random.nextGaussian());
      factor *= random.nextDouble() < outliers ? 5 : 1;
      samples.add(new Sample(shape, factor * LAW.micros(TRUTH, shape)));
    }
    return samples;
  }

  @Test
  void oneRowInTwentyFiveTimesTooSlowDoesNotMoveTheLaw() {
    long seed = new Random().nextLong();
    List<Sample> samples = samples(new Random(seed), 0.02, 0.05);
    FittedKernel fit =
        new KernelFit(LAW, new double[][] {{1, 1000}, {2, 1000}}, 1, 100).fit(samples);
    double off =
        samples(new Random(seed + 1), 0, 0).stream()
            .mapToDouble(s -> Math.abs(Math.log(fit.micros(s.shape()) / s.micros())))
            .average()
            .orElseThrow();
    assertTrue(off < 0.1, "off by " + off + ", seed " + seed);
  }

  @Test
  void aFitIsRepeatable() {
    List<Sample> samples = samples(new Random(7), 0.05, 0.02);
    KernelFit fit = new KernelFit(LAW, new double[][] {{1, 1000}, {2, 1000}}, 1, 100);
    assertEquals(
        fit.fit(samples).quality(), fit.fit(samples).quality(), "same rows, other constants");
  }

  @Test
  void nineOfTenRowsOfTheSameKindFallInsideTheInterval() {
    long seed = new Random().nextLong();
    FittedKernel fit =
        new KernelFit(LAW, new double[][] {{1, 1000}, {2, 1000}}, 1, 100)
            .fit(samples(new Random(seed), 0.1, 0));
    double inside =
        samples(new Random(seed + 1), 0.1, 0).stream()
            .mapToInt(
                s ->
                    Math.abs(Math.log(fit.micros(s.shape()) / s.micros()))
                            <= Math.log1p(fit.uncertainty(s.shape()))
                        ? 1
                        : 0)
            .average()
            .orElseThrow();
    assertTrue(inside > 0.82 && inside < 0.97, inside + " inside, seed " + seed);
  }

  @Test
  void uncertaintyGrowsOutsideTheMeasuredRange() {
    FittedKernel fit =
        new KernelFit(LAW, new double[][] {{1, 1000}, {2, 1000}}, 1, 100)
            .fit(samples(new Random(3), 0.1, 0));
    double[] edge = {100, fit.range()[1][1]};
    double[] beyond = {100, 4 * fit.range()[1][1]};
    assertEquals(0, fit.distance(edge));
    assertEquals(2 * fit.uncertainty(edge), fit.uncertainty(beyond), 1e-9);
  }
}
