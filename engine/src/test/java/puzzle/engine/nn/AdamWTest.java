package puzzle.engine.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AdamWTest {

  private static final double RATE = 1e-2;
  private static final double DECAY = 0.1;
  private static final double CLIP = 0.5;

  @Test
  void followsTheFormulaWithClippingAndDecayOfMatricesAlone() {
    Random random = new Random(4);
    double[][] w = {values(random, 12), values(random, 4), values(random, 6)};
    double[][] target = {values(random, 12), values(random, 4)};
    try (NDManager manager = Tensors.root().newSubManager()) {
      Map<String, NDArray> parameters = new LinkedHashMap<>();
      parameters.put("matrix", Tensors.fp32(manager, floats(w[0]), 3, 4));
      parameters.put("vector", Tensors.fp32(manager, floats(w[1]), 4));
      parameters.put("unused", Tensors.fp32(manager, floats(w[2]), 2, 3));
      NDArray[] goals = {
        Tensors.fp32(manager, floats(target[0]), 3, 4), Tensors.fp32(manager, floats(target[1]), 4)
      };
      AdamW optimiser = new AdamW(parameters, manager, DECAY, CLIP);
      double[][] m = {new double[12], new double[4]};
      double[][] v = {new double[12], new double[4]};
      for (int step = 1; step <= 5; step++) {
        Tensors.training(
            () -> {
              Tensors.backward(
                  Losses.normalisedMse(parameters.get("matrix"), goals[0])
                      .add(Losses.normalisedMse(parameters.get("vector"), goals[1])));
              return null;
            });
        double[][] g = {gradient(w[0], target[0]), gradient(w[1], target[1])};
        double norm = Math.sqrt(squares(g[0]) + squares(g[1]));
        assertEquals(norm, optimiser.step(RATE), 1e-5);
        for (int k = 0; k < 2; k++) {
          for (int i = 0; i < w[k].length; i++) {
            double clipped = g[k][i] * Math.min(1, CLIP / norm);
            m[k][i] = 0.9 * m[k][i] + 0.1 * clipped;
            v[k][i] = 0.95 * v[k][i] + 0.05 * clipped * clipped;
            double first = m[k][i] / (1 - Math.pow(0.9, step));
            double second = v[k][i] / (1 - Math.pow(0.95, step));
            w[k][i] *= 1 - RATE * (k == 0 ? DECAY : 0);
            w[k][i] -= RATE * first / (Math.sqrt(second) + 1e-8);
          }
        }
        assertArrayEquals(floats(w[0]), parameters.get("matrix").toFloatArray(), 1e-5f);
        assertArrayEquals(floats(w[1]), parameters.get("vector").toFloatArray(), 1e-5f);
        assertArrayEquals(floats(w[2]), parameters.get("unused").toFloatArray(), 0);
      }
      assertEquals(5, optimiser.steps());
    }
  }

  @Test
  void changesNothingWhereTheGradientIsNotFinite() {
    try (NDManager manager = Tensors.root().newSubManager()) {
      NDArray w = Tensors.fp32(manager, new float[] {1, 2}, 2);
      AdamW optimiser = new AdamW(Map.of("w", w), manager, DECAY, CLIP);
      NDArray zeros = Tensors.detached(manager, () -> Tensors.zeros(manager, 2));
      for (int i = 0; i < 2; i++) {
        Tensors.training(
            () -> {
              Tensors.backward(Losses.normalisedMse(w, zeros));
              return null;
            });
        assertEquals(false, Double.isFinite(optimiser.step(RATE)));
        assertArrayEquals(new float[] {1, 2}, w.toFloatArray(), 0);
      }
      assertEquals(0, optimiser.steps());
    }
  }

  /** Of mean((w - t)^2) / mean(t^2). */
  private static double[] gradient(double[] w, double[] t) {
    double[] g = new double[w.length];
    for (int i = 0; i < g.length; i++) {
      g[i] = 2 * (w[i] - t[i]) / squares(t);
    }
    return g;
  }

  private static double squares(double[] x) {
    double sum = 0;
    for (double value : x) {
      sum += value * value;
    }
    return sum;
  }

  private static double[] values(Random random, int count) {
    return random.doubles(count, -1, 1).toArray();
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }
}
