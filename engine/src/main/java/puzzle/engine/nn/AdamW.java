package puzzle.engine.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * AdamW with decoupled weight decay and clipping by the global norm of the gradients, updating in
 * place: libtorch's fused step, one pass over the memory of all parameters. Its state (two moments
 * per parameter and the step count) can be read and set, so that a resumed training is the same to
 * the bit.
 */
public final class AdamW {

  private static final double BETA1 = 0.9;
  private static final double BETA2 = 0.95;
  private static final double EPSILON = 1e-8;

  private final double weightDecay;
  private final double clipNorm;
  private final List<Slot> slots = new ArrayList<>();
  private int steps;

  private record Slot(String name, NDArray parameter, NDArray first, NDArray second) {}

  /** Takes over the gradients of {@code parameters}; moments live in {@code manager}. */
  public AdamW(
      Map<String, NDArray> parameters, NDManager manager, double weightDecay, double clipNorm) {
    this.weightDecay = weightDecay;
    this.clipNorm = clipNorm;
    parameters.forEach(
        (name, parameter) -> {
          parameter.setRequiresGradient(true);
          long[] shape = parameter.getShape().getShape();
          slots.add(
              new Slot(
                  name,
                  parameter,
                  Tensors.detached(manager, () -> Tensors.zeros(manager, shape)),
                  Tensors.detached(manager, () -> Tensors.zeros(manager, shape))));
        });
  }

  /**
   * One step with the gradients added up since the last; clears them. A parameter that no loss
   * depended on is left as it is.
   *
   * @return the global gradient norm before clipping; where it is not finite nothing was changed
   *     but the gradients
   */
  public double step(double learningRate) {
    return Tensors.inference(
        () -> {
          // Norms, biases and other vectors are not decayed.
          Batch matrices = new Batch();
          Batch vectors = new Batch();
          List<NDArray> gradients = new ArrayList<>();
          for (Slot slot : slots) {
            NDArray gradient = Tensors.gradient(slot.parameter);
            if (gradient != null) {
              gradients.add(gradient);
              boolean vector = slot.parameter.getShape().dimension() < 2;
              (vector ? vectors : matrices).add(slot, gradient);
            }
          }
          NDArray[] all = gradients.toArray(NDArray[]::new);
          double norm = Kernels.update("norm", (Object) all);
          if (Double.isFinite(norm)) {
            steps++;
            double divisor = Math.max(1, norm / clipNorm);
            matrices.update(steps, learningRate, weightDecay, divisor);
            vectors.update(steps, learningRate, 0, divisor);
          }
          Kernels.update("clear", (Object) all);
          return norm;
        });
  }

  /** Parameters that are updated by one call. */
  private static final class Batch {
    private final List<NDArray> parameters = new ArrayList<>();
    private final List<NDArray> gradients = new ArrayList<>();
    private final List<NDArray> first = new ArrayList<>();
    private final List<NDArray> second = new ArrayList<>();

    void add(Slot slot, NDArray gradient) {
      parameters.add(slot.parameter);
      gradients.add(gradient);
      first.add(slot.first);
      second.add(slot.second);
    }

    /**
     * @param divisor of the gradients
     */
    void update(double step, double learningRate, double decay, double divisor) {
      if (!parameters.isEmpty()) {
        Kernels.update(
            "adamw",
            array(parameters),
            array(gradients),
            array(first),
            array(second),
            new double[] {step, learningRate, decay, divisor, BETA1, BETA2, EPSILON});
      }
    }

    private static NDArray[] array(List<NDArray> list) {
      return list.toArray(NDArray[]::new);
    }
  }

  public int steps() {
    return steps;
  }

  /** Moments under {@code m.} and {@code v.} and the parameter's name. */
  public Map<String, NDArray> state() {
    Map<String, NDArray> state = new LinkedHashMap<>();
    for (Slot slot : slots) {
      state.put("m." + slot.name, slot.first);
      state.put("v." + slot.name, slot.second);
    }
    return state;
  }

  /** Continues after {@code done} steps with moments already assigned through {@link #state}. */
  public void resume(int done) {
    steps = done;
  }

  /** Stops recording gradients for the parameters. */
  public void release() {
    slots.forEach(slot -> slot.parameter.setRequiresGradient(false));
  }
}
