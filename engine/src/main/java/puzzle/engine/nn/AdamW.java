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

  private final NDManager manager;
  private final double weightDecay;
  private final double clipNorm;
  private final List<Slot> slots = new ArrayList<>();
  private int steps;

  /** A parameter and its moments; the lower three are the same memory as arguments in lists. */
  private record Slot(
      String name,
      NDArray parameter,
      NDArray first,
      NDArray second,
      NDArray listed,
      NDArray listedFirst,
      NDArray listedSecond) {

    static Slot of(String name, NDArray parameter, NDManager manager) {
      long[] shape = parameter.getShape().getShape();
      NDArray first = Tensors.detached(manager, () -> Tensors.zeros(manager, shape));
      NDArray second = Tensors.detached(manager, () -> Tensors.zeros(manager, shape));
      return new Slot(
          name,
          parameter,
          first,
          second,
          Tensors.detached(manager, () -> Kernels.inList("p", parameter)),
          Tensors.detached(manager, () -> Kernels.inList("m", first)),
          Tensors.detached(manager, () -> Kernels.inList("v", second)));
    }
  }

  /** Takes over the gradients of {@code parameters}; moments live in {@code manager}. */
  public AdamW(
      Map<String, NDArray> parameters, NDManager manager, double weightDecay, double clipNorm) {
    this.manager = manager;
    this.weightDecay = weightDecay;
    this.clipNorm = clipNorm;
    parameters.forEach(
        (name, parameter) -> {
          slots.add(Slot.of(name, parameter, manager));
          parameter.setRequiresGradient(true);
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
          List<NDArray> matrices = new ArrayList<>();
          List<NDArray> vectors = new ArrayList<>();
          List<NDArray> gradients = new ArrayList<>();
          for (Slot slot : slots) {
            NDArray gradient = Tensors.gradient(slot.parameter);
            if (gradient != null) {
              gradient.setName("g[]");
              gradients.add(gradient);
              (slot.parameter.getShape().dimension() > 1 ? matrices : vectors)
                  .addAll(List.of(slot.listed, gradient, slot.listedFirst, slot.listedSecond));
            }
          }
          NDArray[] all = gradients.toArray(NDArray[]::new);
          double norm = Kernels.call("norm", all).getDouble();
          if (Double.isFinite(norm)) {
            steps++;
            double divisor = Math.max(1, norm / clipNorm);
            update(matrices, learningRate, weightDecay, divisor);
            update(vectors, learningRate, 0, divisor);
          }
          Kernels.call("clear", all);
          return norm;
        });
  }

  /**
   * @param divisor of the gradients
   */
  private void update(List<NDArray> arguments, double learningRate, double decay, double divisor) {
    if (!arguments.isEmpty()) {
      arguments.add(
          manager.create(
              new double[] {steps, learningRate, decay, divisor, BETA1, BETA2, EPSILON}));
      Kernels.call("adamw", arguments.toArray(NDArray[]::new));
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
