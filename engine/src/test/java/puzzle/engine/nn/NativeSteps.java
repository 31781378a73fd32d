package puzzle.engine.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValueUtils;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import puzzle.engine.decoder.DecoderConfig;

/**
 * Whole steps of training and scoring, each one TorchScript function in the process's libtorch:
 * forward, backward by {@code torch.autograd.grad}, clipping and AdamW, called once per step. What
 * the same computation costs without Java in between.
 */
public final class NativeSteps implements AutoCloseable {

  private final PtSymbolBlock module = Kernels.load(NativeSteps.class, "native.torchscript");
  private final NDManager manager = Tensors.root().newSubManager();
  private final Map<String, List<NDArray>> groups = new LinkedHashMap<>();

  /** Copies of arrays, named {@code group/array}; those without a group stand alone. */
  public NativeSteps(Map<String, NDArray> arrays) {
    arrays.forEach(
        (name, array) ->
            groups
                .computeIfAbsent(name.split("/")[0], n -> new ArrayList<>())
                .add(Tensors.detached(manager, array::duplicate)));
    for (String name : List.of("bld_ffn", "bld_attention", "gkd")) {
      List<NDArray> parameters = groups.get(name);
      parameters.forEach(p -> p.setRequiresGradient(true));
      for (String moment : List.of("/m", "/v")) {
        groups.put(name + moment, parameters.stream().map(this::zeros).toList());
      }
      groups.put(name + "/steps", List.of(Tensors.detached(manager, () -> zero())));
    }
  }

  /** Cosines and sines of the rotary angles, [positions, head size]. */
  public static Map<String, NDArray> rotation(
      DecoderConfig config, int positions, NDManager manager) {
    int d = config.headSize();
    return Map.of(
        "cos", Tensors.fp32(manager, Rope.table(config, positions, false), positions, d),
        "sin", Tensors.fp32(manager, Rope.table(config, positions, true), positions, d));
  }

  /** Runs one step and returns its loss. */
  public double run(String step) {
    return step.equals("score")
        ? Tensors.inference(
            () -> call(step, one("scored"), one("logits"), cos(), sin(), list("scored_model")))
        : Tensors.training(
            () ->
                call(
                    step,
                    switch (step) {
                      case "bld_ffn" -> one("middle");
                      case "bld_attention" -> one("input");
                      default -> one("healed");
                    },
                    one("output"),
                    cos(),
                    sin(),
                    list(step.equals("gkd") ? "parent" : "frozen"),
                    list(step),
                    list(step + "/m"),
                    list(step + "/v"),
                    one(step + "/steps")));
  }

  @Override
  public void close() {
    manager.close();
  }

  private double call(String function, NDList... arguments) {
    NDList all = new NDList();
    for (NDList argument : arguments) {
      all.addAll(argument);
    }
    try (NDManager scope = manager.newSubManager()) {
      NDArray name = scope.create(0f);
      name.setName("module_method:" + function);
      all.add(name);
      NDArray result = IValueUtils.forward(module, all, true).get(0);
      result.attach(scope);
      return result.getFloat();
    }
  }

  private NDList cos() {
    return one("cos");
  }

  private NDList sin() {
    return one("sin");
  }

  private NDList one(String name) {
    return new NDList(groups.get(name).get(0));
  }

  /** DJL makes one list of all arrays of the same name that ends in brackets. */
  private NDList list(String name) {
    NDList list = new NDList();
    for (NDArray array : groups.get(name)) {
      array.setName(name.replace('/', '_') + "[]");
      list.add(array);
    }
    return list;
  }

  private NDArray zeros(NDArray like) {
    return Tensors.detached(manager, () -> Tensors.zeros(manager, like.getShape().getShape()));
  }

  private NDArray zero() {
    return Tensors.scalar(manager, 0);
  }
}
