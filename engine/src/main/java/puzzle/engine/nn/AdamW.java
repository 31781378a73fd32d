package puzzle.engine.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import puzzle.model.SignOfLife;

/**
 * AdamW with decoupled weight decay and clipping by the global norm of the gradients, updating in
 * place: libtorch's fused step, one pass over the memory of all parameters. Its state (two moments
 * per parameter and the step count) can be read and set, so that a resumed training is the same to
 * the bit.
 *
 * <p>Parameters go through it some at a time, for the sake of signs of life, and large ones in
 * pieces; elements are updated each by itself.
 */
public final class AdamW {

  private static final double BETA1 = 0.9;
  private static final double BETA2 = 0.95;
  private static final double EPSILON = 1e-8;

  /** Elements that are updated at once. */
  private static final long PORTION = 1L << 24;

  private final NDManager manager;
  private final double weightDecay;
  private final double clipNorm;
  private final Function<String, NDArray> gradients;
  private final List<Slot> slots = new ArrayList<>();
  private int steps;

  /** A parameter and its moments. */
  private record Slot(
      String name, NDArray parameter, NDArray first, NDArray second, List<Piece> pieces) {

    static Slot of(String name, NDArray parameter, ArrayRoom room, NDManager manager) {
      long[] shape = parameter.getShape().getShape();
      NDArray first = room.zeros(shape);
      NDArray second = room.zeros(shape);
      List<Piece> pieces = new ArrayList<>();
      for (long from = 0; from < parameter.size(); from += PORTION) {
        pieces.add(
            new Piece(
                from,
                listed("p", parameter, from, manager),
                listed("m", first, from, manager),
                listed("v", second, from, manager)));
      }
      return new Slot(name, parameter, first, second, pieces);
    }

    private static NDArray listed(String list, NDArray array, long from, NDManager manager) {
      return Tensors.detached(manager, () -> Kernels.inList(list, piece(array, from)));
    }
  }

  /** The same memory, or some of it, as arguments in lists. */
  private record Piece(long from, NDArray parameter, NDArray first, NDArray second) {}

  private static NDArray piece(NDArray array, long from) {
    return array.size() <= PORTION
        ? array
        : array.reshape(-1).get(new NDIndex("{}:{}", from, Math.min(array.size(), from + PORTION)));
  }

  /** Parameters and their gradients, in lists. */
  private static final class Portion {
    final List<NDArray> gradients = new ArrayList<>();
    final List<NDArray> matrices = new ArrayList<>();
    final List<NDArray> vectors = new ArrayList<>();
    long elements;

    void add(Piece piece, NDArray gradient, boolean matrix) {
      NDArray listed = Kernels.inList("g", gradient);
      gradients.add(listed);
      // Norms, biases and other vectors are not decayed.
      (matrix ? matrices : vectors)
          .addAll(List.of(piece.parameter, listed, piece.first, piece.second));
      elements += gradient.size();
    }

    NDArray call(String function) {
      return Kernels.call(function, gradients.toArray(NDArray[]::new));
    }
  }

  /** Takes over the gradients of {@code parameters}; moments live in {@code manager}. */
  public AdamW(
      Map<String, NDArray> parameters, NDManager manager, double weightDecay, double clipNorm) {
    this(
        parameters,
        name -> Tensors.gradient(parameters.get(name)),
        ArrayRoom.memory(manager),
        manager,
        weightDecay,
        clipNorm);
    parameters.values().forEach(parameter -> parameter.setRequiresGradient(true));
  }

  /**
   * For gradients that are added up elsewhere.
   *
   * @param gradients of a parameter, or null if no loss depended on it; cleared by each step
   * @param room for the moments
   * @param manager of the optimiser's own small arrays
   */
  public AdamW(
      Map<String, NDArray> parameters,
      Function<String, NDArray> gradients,
      ArrayRoom room,
      NDManager manager,
      double weightDecay,
      double clipNorm) {
    this.manager = manager;
    this.weightDecay = weightDecay;
    this.clipNorm = clipNorm;
    this.gradients = gradients;
    parameters.forEach((name, parameter) -> slots.add(Slot.of(name, parameter, room, manager)));
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
          List<Portion> portions = portions();
          double norm = norm(portions);
          if (Double.isFinite(norm)) {
            steps++;
            double divisor = Math.max(1, norm / clipNorm);
            for (Portion portion : portions) {
              update(portion.matrices, learningRate, weightDecay, divisor);
              update(portion.vectors, learningRate, 0, divisor);
              SignOfLife.give();
            }
          }
          for (Portion portion : portions) {
            portion.call("clear");
            SignOfLife.give();
          }
          return norm;
        });
  }

  private List<Portion> portions() {
    List<Portion> portions = new ArrayList<>();
    for (Slot slot : slots) {
      NDArray gradient = gradients.apply(slot.name);
      if (gradient != null) {
        boolean matrix = slot.parameter.getShape().dimension() > 1;
        for (Piece piece : slot.pieces) {
          NDArray some = piece(gradient, piece.from);
          if (portions.isEmpty()
              || portions.get(portions.size() - 1).elements + some.size() > PORTION) {
            portions.add(new Portion());
          }
          portions.get(portions.size() - 1).add(piece, some, matrix);
        }
      }
    }
    return portions;
  }

  private static double norm(List<Portion> portions) {
    List<NDArray> norms = new ArrayList<>();
    for (Portion portion : portions) {
      NDArray some = portion.call("norms");
      some.setName("n[]");
      norms.add(some);
      SignOfLife.give();
    }
    return Kernels.call("joined_norm", norms.toArray(NDArray[]::new)).getDouble();
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

  /** Begins anew: no moments, no steps. */
  public void reset() {
    state().values().forEach(Tensors::clear);
    steps = 0;
  }

  /** Stops recording gradients for the parameters. */
  public void release() {
    slots.forEach(slot -> slot.parameter.setRequiresGradient(false));
  }
}
