package puzzle.engine.nn;

import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValueUtils;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.RandomWeights;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.Subblock;
import puzzle.model.Variant;

/**
 * Arithmetic per second of the decoder's linear layers, norm, activation and residual included,
 * against the best single-precision matrix product of any layout seen in the same run. One thread;
 * rounds in turn, medians.
 */
class LinearSpeedBenchmark {

  private static final double LEAST = 0.85;
  private static final int TOKENS = 1024;
  private static final int ROUNDS = 15;

  private final PtSymbolBlock products = Kernels.load(NativeSteps.class, "native.torchscript");
  private final Random random = new Random(2);

  private record Timed(String name, double flop, Runnable work, List<Double> seconds) {
    double gigaflops() {
      List<Double> sorted = new ArrayList<>(seconds);
      Collections.sort(sorted);
      return flop / sorted.get(sorted.size() / 2) / 1e9;
    }
  }

  @Test
  void linearLayersRunAtFivePartsInSixOfTheBestProductOrMore() {
    Tensors.threads(1);
    List<String> misses = new ArrayList<>();
    for (int d : new int[] {512, 1024, 2048}) {
      try (NDManager manager = Tensors.root().newSubManager();
          Decoder decoder = decoder(d)) {
        List<Timed> best = new ArrayList<>();
        for (int n : new int[] {d, 2 * d}) {
          for (String function : List.of("product", "product_transposed")) {
            NDArray a = normal(manager, TOKENS, d);
            NDArray b = function.equals("product") ? normal(manager, d, n) : normal(manager, n, d);
            best.add(
                timed(function + " to " + n, 2.0 * TOKENS * d * n, () -> product(function, a, b)));
          }
        }
        List<Timed> layers = new ArrayList<>();
        NDArray x = normal(manager, 4, TOKENS / 4, d);
        for (Variant variant :
            List.of(Variant.linear(Subblock.FFN), Variant.ffn(d), Variant.ffn(5 * d / 2))) {
          SubblockWeights w = weights(decoder, variant);
          double flop = 2.0 * TOKENS * (decoder.config().params(variant) - d);
          layers.add(
              timed(variant + " forward", flop, () -> Tensors.inference(() -> decoder.ffn(w, x))));
          layers.add(timed(variant + " and backward", 3 * flop, () -> train(decoder, w, x)));
        }
        for (int round = 0; round < ROUNDS; round++) {
          best.forEach(LinearSpeedBenchmark::run);
          layers.forEach(LinearSpeedBenchmark::run);
        }
        double limit = best.stream().mapToDouble(Timed::gigaflops).max().orElseThrow();
        System.out.printf("d=%d best product %.1f GFLOP/s%n", d, limit);
        for (Timed layer : layers) {
          double share = layer.gigaflops() / limit;
          System.out.printf(
              "d=%d %-24s %.1f GFLOP/s, %.2f of it%n", d, layer.name, layer.gigaflops(), share);
          if (share < LEAST) {
            misses.add("d=%d %s %.2f".formatted(d, layer.name, share));
          }
        }
      }
    }
    assertTrue(misses.isEmpty(), misses::toString);
  }

  private static Timed timed(String name, double flop, Runnable work) {
    work.run();
    return new Timed(name, flop, work, new ArrayList<>());
  }

  private static void run(Timed timed) {
    long begin = System.nanoTime();
    timed.work.run();
    timed.seconds.add((System.nanoTime() - begin) / 1e9);
  }

  private void product(String function, NDArray a, NDArray b) {
    Tensors.inference(
        () -> {
          NDArray name = a.getManager().create(0f);
          name.setName("module_method:" + function);
          return IValueUtils.forward(products, new NDList(a, b, name), true).get(0);
        });
  }

  private static void train(Decoder decoder, SubblockWeights w, NDArray x) {
    Tensors.training(
        () -> {
          Tensors.backward(decoder.ffn(w, x).sum());
          return null;
        });
  }

  private SubblockWeights weights(Decoder decoder, Variant variant) {
    Random values = random;
    SubblockWeights w =
        SubblockWeights.create(
            decoder.manager(),
            decoder.config(),
            variant,
            name -> {
              long size = 1;
              for (long n :
                  puzzle.engine.decoder.TensorLayout.of(decoder.config(), variant)
                      .get(name)
                      .shape()) {
                size *= n;
              }
              return java.nio.FloatBuffer.wrap(normal(values, (int) size));
            });
    w.arrays().values().forEach(p -> p.setRequiresGradient(true));
    return w;
  }

  private NDArray normal(NDManager manager, long... shape) {
    long size = 1;
    for (long n : shape) {
      size *= n;
    }
    NDArray array = Tensors.fp32(manager, normal(random, (int) size), shape);
    return array;
  }

  private static float[] normal(Random random, int size) {
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) random.nextGaussian() * 0.1f;
    }
    return values;
  }

  private static Decoder decoder(int d) {
    Block block = new Block(Variant.attention(1), Variant.ffn(8));
    DecoderConfig config =
        new DecoderConfig(
            "llama",
            16,
            d,
            1,
            16,
            1e-5,
            10_000,
            null,
            TOKENS,
            false,
            false,
            false,
            Architecture.uniform(block, 1));
    return Decoder.load(config, new RandomWeights(config, 1), TOKENS);
  }
}
