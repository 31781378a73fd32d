package puzzle.engine.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.TensorLayout;
import puzzle.model.Subblock;
import puzzle.model.Variant;

/**
 * Every kind of layer and every loss against central finite differences in double precision, with
 * garbage collected between the forward and the backward pass: memory that only Java holds would be
 * gone by then.
 */
class GradientTest {

  private static final double STEP = 1e-6;
  private static final double TOLERANCE = 1e-6;
  private static final int ENTRIES = 6;

  private final Map<String, NDArray> parameters = new LinkedHashMap<>();
  private final Random random = new Random(11);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "grouped attention",
        "single KV head",
        "attention with biases",
        "attention with q and k norms",
        "linear attention",
        "gated FFN",
        "low-rank FFN",
        "linear FFN",
        "head and next-token loss",
        "KL divergence",
        "KL divergence at a temperature",
        "normalised MSE",
        "cosine"
      })
  void agreesWithFiniteDifferences(String what) {
    DecoderConfig config =
        switch (what) {
          case "attention with biases" -> SmallModels.qwen2();
          case "attention with q and k norms" -> SmallModels.qwen3();
          default -> SmallModels.llama();
        };
    try (Decoder decoder = Decoder.load(config, SmallModels.weights(config, 2), 8)) {
      NDManager manager = decoder.manager();
      NDArray x = parameter(manager, "x", 2, 8, config.hiddenSize());
      NDArray other = constant(manager, 2, 8, config.hiddenSize());
      UnaryOperator<NDArray> loss =
          switch (what) {
            case "grouped attention", "attention with biases", "attention with q and k norms" ->
                attention(decoder, Variant.attention(2));
            case "single KV head" -> attention(decoder, Variant.attention(1));
            case "linear attention" -> attention(decoder, Variant.linear(Subblock.ATTENTION));
            case "gated FFN" -> ffn(decoder, Variant.ffn(13));
            case "low-rank FFN" -> ffn(decoder, Variant.parse("ffn-40-rank-5"));
            case "linear FFN" -> ffn(decoder, Variant.linear(Subblock.FFN));
            case "normalised MSE" -> y -> Losses.normalisedMse(y, other);
            case "cosine" -> y -> Losses.cosine(y, other);
            case "KL divergence at a temperature" -> y -> Losses.kl(y, other, 2.5).mean();
            case "KL divergence" -> y -> Losses.kl(y, other).mean();
            case "head and next-token loss" -> {
              NDArray targets =
                  Tensors.detached(
                      manager,
                      () ->
                          Tensors.ids(
                              manager, SmallModels.tokens(2, 8, config.vocabSize(), 1), 0, 8));
              NDArray head = parameter(manager, "head", config.vocabSize(), config.hiddenSize());
              NDArray norm = parameter(manager, "norm", config.hiddenSize());
              NDArray eps = Tensors.detached(manager, () -> Tensors.scalar(manager, 1e-5));
              yield y -> Losses.nll(Kernels.call("logits", y, norm, head, eps), targets).mean();
            }
            default -> throw new IllegalArgumentException(what);
          };
      check(what, x, loss);
    }
  }

  private UnaryOperator<NDArray> attention(Decoder decoder, Variant variant) {
    SubblockWeights weights = doubled(decoder, variant);
    NDArray mix = constant(decoder.manager(), 2, 8, decoder.config().hiddenSize());
    return y -> Losses.normalisedMse(decoder.attention(weights, y), mix);
  }

  private UnaryOperator<NDArray> ffn(Decoder decoder, Variant variant) {
    SubblockWeights weights = doubled(decoder, variant);
    NDArray mix = constant(decoder.manager(), 2, 8, decoder.config().hiddenSize());
    return y -> Losses.normalisedMse(decoder.ffn(weights, y), mix);
  }

  private SubblockWeights doubled(Decoder decoder, Variant variant) {
    Map<String, NDArray> arrays = new LinkedHashMap<>();
    TensorLayout.of(decoder.config(), variant)
        .forEach(
            (name, spec) -> arrays.put(name, parameter(decoder.manager(), name, spec.shape())));
    return new SubblockWeights(variant, arrays);
  }

  private void check(String what, NDArray x, UnaryOperator<NDArray> loss) {
    Map<String, double[]> gradients = new LinkedHashMap<>();
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      Tensors.training(
          () -> {
            NDArray value = loss.apply(x);
            for (int i = 0; i < 3; i++) {
              System.gc();
              // Reuse what was freed.
              x.getManager().full(new Shape(64, 64), 7f, DataType.FLOAT32);
            }
            Tensors.backward(value);
            return null;
          });
      parameters.forEach(
          (name, array) ->
              gradients.put(name, Tensors.gradient(array).duplicate().toDoubleArray()));
    }
    parameters.forEach(
        (name, array) -> {
          double[] values = array.toDoubleArray();
          for (int n = 0; n < ENTRIES; n++) {
            int i = random.nextInt(values.length);
            double difference =
                (at(array, values, i, STEP, x, loss) - at(array, values, i, -STEP, x, loss))
                    / (2 * STEP);
            double actual = gradients.get(name)[i];
            assertEquals(
                difference,
                actual,
                TOLERANCE * Math.max(1, Math.abs(difference)),
                what + ": " + name + "[" + i + "]");
          }
        });
  }

  /** The loss with one entry moved. */
  private static double at(
      NDArray array, double[] values, int i, double by, NDArray x, UnaryOperator<NDArray> loss) {
    return Tensors.inference(
        () -> {
          double[] moved = values.clone();
          moved[i] += by;
          array.getManager().create(moved, array.getShape()).copyTo(array);
          double value = loss.apply(x).toType(DataType.FLOAT64, true).toDoubleArray()[0];
          array.getManager().create(values, array.getShape()).copyTo(array);
          return value;
        });
  }

  private NDArray parameter(NDManager manager, String name, long... shape) {
    NDArray array = constant(manager, shape);
    array.setRequiresGradient(true);
    parameters.put(name, array);
    return array;
  }

  private NDArray constant(NDManager manager, long... shape) {
    Shape of = new Shape(shape);
    double[] values = new double[(int) of.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextGaussian() * 0.5;
    }
    NDArray borrowed = manager.create(values, of);
    NDArray owned = borrowed.duplicate();
    borrowed.close();
    return owned;
  }
}
