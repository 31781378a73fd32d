package puzzle.engine.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * AdamW with decoupled weight decay and clipping by the global norm of the gradients, updating in
 * place. Its state (two moments per parameter and the step count) can be read and set, so that a
 * resumed training is the same to the bit.
 */
public final class AdamW {

  private static final double BETA1 = 0.9;
  private static final double BETA2 = 0.95;
  private static final double EPSILON = 1e-8;

  private final NDManager manager;
  private final double weightDecay;
  private final double clipNorm;
  private final List<Slot> slots = new ArrayList<>();
  private int steps;

  private record Slot(String name, NDArray parameter, NDArray first, NDArray second) {}

  /** Takes over the gradients of {@code parameters}; moments live in {@code manager}. */
  public AdamW(
      Map<String, NDArray> parameters, NDManager manager, double weightDecay, double clipNorm) {
    this.manager = manager;
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
   * One step with the gradients added up since the last; clears them.
   *
   * @return the global gradient norm before clipping; where it is not finite nothing was changed
   *     but the gradients
   */
  public double step(double learningRate) {
    return Tensors.inference(
        () -> {
          List<NDArray> gradients = new ArrayList<>(slots.size());
          double squares = 0;
          for (Slot slot : slots) {
            NDArray gradient = Tensors.gradient(slot.parameter);
            gradients.add(gradient);
            squares += Kernels.call("squares", gradient).getDouble();
          }
          double norm = Math.sqrt(squares);
          boolean usable = Double.isFinite(norm);
          double scale = !usable ? 0 : norm > clipNorm ? clipNorm / norm : 1;
          if (usable) {
            steps++;
            for (int i = 0; i < slots.size(); i++) {
              update(slots.get(i), gradients.get(i), learningRate, scale);
            }
          } else {
            gradients.forEach(gradient -> Kernels.call("clear", gradient));
          }
          return norm;
        });
  }

  private void update(Slot slot, NDArray gradient, double learningRate, double scale) {
    // Norms, biases and other vectors are not decayed.
    double decay = slot.parameter.getShape().dimension() > 1 ? weightDecay : 0;
    double correction1 = 1 - Math.pow(BETA1, steps);
    double correction2 = 1 - Math.pow(BETA2, steps);
    float[] values = {
      (float) (1 - BETA1),
      (float) BETA2,
      (float) (1 - BETA2),
      (float) EPSILON,
      (float) scale,
      (float) (1 / correction2),
      (float) (1 - learningRate * decay),
      (float) (-learningRate / correction1)
    };
    NDArray hyper = Tensors.fp32(manager, values, values.length);
    Kernels.call("adamw", slot.parameter, gradient, slot.first, slot.second, hyper);
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
