package puzzle.engine.nn;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Random;

/**
 * Whether the tensor library of this machine works: a product and a gradient against plain Java,
 * and how fast one thread multiplies.
 *
 * @param library name and version
 * @param gigaflops of one fp32 product of two 1024 x 1024 matrices on one thread, the best of ten
 * @param error largest difference to plain Java, relative to the largest value
 */
public record TensorCheck(String library, double gigaflops, double error) {

  /** What fp32 sums of 64 products may differ by. */
  public static final double TOLERANCE = 1e-5;

  private static final int SMALL = 64;
  private static final int LARGE = 1024;
  private static final int REPETITIONS = 10;

  /** Loads the library and tries it; takes about a second. */
  public static TensorCheck run() {
    Tensors.threads(1);
    try (NDManager manager = Tensors.root().newSubManager()) {
      double error = Math.max(product(manager), gradient(manager));
      Engine engine = Engine.getEngine("PyTorch");
      return new TensorCheck(
          engine.getEngineName() + " " + engine.getVersion(), speed(manager), error);
    }
  }

  public boolean correct() {
    return error <= TOLERANCE;
  }

  private static double product(NDManager manager) {
    float[] a = random(1);
    float[] b = random(2);
    float[] c =
        Tensors.inference(
            () -> {
              float[] values = new float[SMALL * SMALL];
              Tensors.read(square(manager, a).matMul(square(manager, b))).get(values);
              return values;
            });
    double worst = 0;
    double largest = 0;
    for (int i = 0; i < SMALL; i++) {
      for (int j = 0; j < SMALL; j++) {
        double sum = 0;
        for (int k = 0; k < SMALL; k++) {
          sum += (double) a[i * SMALL + k] * b[k * SMALL + j];
        }
        worst = Math.max(worst, Math.abs(sum - c[i * SMALL + j]));
        largest = Math.max(largest, Math.abs(sum));
      }
    }
    return worst / largest;
  }

  /** d/dA sum(A B) has B's row sums in every row. */
  private static double gradient(NDManager manager) {
    float[] b = random(3);
    NDArray parameter = square(manager, random(4));
    parameter.setRequiresGradient(true);
    Tensors.training(
        () -> {
          Tensors.backward(parameter.matMul(square(manager, b)).sum());
          return null;
        });
    float[] gradient = new float[SMALL * SMALL];
    Tensors.read(Tensors.gradient(parameter)).get(gradient);
    double worst = 0;
    double largest = 0;
    for (int k = 0; k < SMALL; k++) {
      double sum = 0;
      for (int j = 0; j < SMALL; j++) {
        sum += b[k * SMALL + j];
      }
      largest = Math.max(largest, Math.abs(sum));
      for (int i = 0; i < SMALL; i++) {
        worst = Math.max(worst, Math.abs(sum - gradient[i * SMALL + k]));
      }
    }
    return worst / largest;
  }

  private static double speed(NDManager manager) {
    return Tensors.inference(
        () -> {
          NDArray a = manager.ones(new Shape(LARGE, LARGE));
          double best = Double.POSITIVE_INFINITY;
          for (int i = 0; i < REPETITIONS; i++) {
            long start = System.nanoTime();
            a.matMul(a).close();
            best = Math.min(best, System.nanoTime() - start);
          }
          return 2.0 * LARGE * LARGE * LARGE / best;
        });
  }

  private static NDArray square(NDManager manager, float[] values) {
    return Tensors.fp32(manager, values, SMALL, SMALL);
  }

  private static float[] random(long seed) {
    Random random = new Random(seed);
    float[] values = new float[SMALL * SMALL];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat() - 0.5f;
    }
    return values;
  }
}
