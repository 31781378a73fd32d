package puzzle.engine.profile.hopper;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class LogSurfaceTest {

  private static final double[][] AXES = {{1, 10, 100}, {2, 32}};

  @Test
  void interpolatesInTheLogarithmOfEachCoordinate() {
    LogSurface surface = new LogSurface(AXES, new double[] {0, 0, 1, 1, 0, 0});
    assertEquals(1, surface.at(new double[] {10, 7}), 1e-12);
    assertEquals(0.5, surface.at(new double[] {Math.sqrt(10), 2}), 1e-12);
    assertEquals(0.25, surface.at(new double[] {Math.pow(10, 1.75), 32}), 1e-12);
  }

  @Test
  void keepsTheBorderValueOutside() {
    LogSurface surface = new LogSurface(AXES, new double[] {.1, .2, .3, .4, .5, .6});
    assertEquals(.1, surface.at(new double[] {1e-3, 1}), 1e-12);
    assertEquals(.6, surface.at(new double[] {1e9, 1e9}), 1e-12);
  }

  @Test
  void aFitReturnsTheSurfaceItsRowsCameFrom() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    double[] values = random.doubles(6, -0.5, 0.5).toArray();
    LogSurface truth = new LogSurface(AXES, values);
    double[][] shapes = new double[2000][];
    double[] residual = new double[shapes.length];
    for (int i = 0; i < shapes.length; i++) {
      shapes[i] =
          new double[] {
            Math.exp(random.nextDouble() * 4.6), 2 * Math.exp(random.nextDouble() * 2.7)
          };
      residual[i] = truth.at(shapes[i]);
    }
    LogSurface fit = LogSurface.fit(AXES, shapes, residual, 0.01);
    for (int i = 0; i < values.length; i++) {
      assertEquals(values[i], fit.values()[i], 0.01, "seed " + seed);
    }
  }

  @Test
  void aNodeWithoutRowsStaysAtZero() {
    LogSurface fit = LogSurface.fit(AXES, new double[][] {{1, 2}}, new double[] {0.4}, 1);
    assertTrue(fit.values()[0] > 0.1);
    assertEquals(0, fit.values()[5], 1e-12);
  }

  @Test
  void refusesNodesThatDoNotAscend() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new LogSurface(new double[][] {{1, 1}}, new double[2]));
  }
}
