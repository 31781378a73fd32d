package puzzle.engine.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.TensorLayout;
import puzzle.engine.decoder.WeightSource;
import puzzle.engine.decoder.WeightSource.Kept;
import puzzle.engine.decoder.WeightSource.Place;
import puzzle.model.Precision;

/**
 * What {@link Precision#AUTO} comes to. bf16 is taken only where the parent's weights are bf16, as
 * no weight is rounded then (fp16 has three bits more), and where a product of the parent's own
 * width is faster in it by a fifth, tried once per process: processors that have instructions for
 * bf16 may still be slower than in fp32. Small parents compute in fp32, whatever the machine.
 */
public final class Arithmetic {

  private static final Logger LOG = LoggerFactory.getLogger(Arithmetic.class);

  private static final long SMALL = 100_000_000;
  private static final int TOKENS = 256;
  private static final int WIDEST = 4096;
  private static final int REPETITIONS = 5;
  private static final double WORTH_IT = 1.2;

  private static final Map<Integer, Precision> FASTER = new ConcurrentHashMap<>();

  private Arithmetic() {}

  /** BF16 or FP32. */
  public static Precision of(Precision asked, DecoderConfig config, WeightSource weights) {
    if (asked != Precision.AUTO) {
      return asked;
    }
    return config.params() >= SMALL && inBf16(config, weights)
        ? FASTER.computeIfAbsent(Math.min(WIDEST, config.hiddenSize()), Arithmetic::faster)
        : Precision.FP32;
  }

  /** Whether embedding and head lie in files in bf16, and with them, as a rule, all. */
  static boolean inBf16(DecoderConfig config, WeightSource weights) {
    return Stream.of(
            TensorLayout.EMBEDDING,
            config.tiedEmbeddings() ? TensorLayout.EMBEDDING : TensorLayout.HEAD)
        .allMatch(
            name -> weights.place(name).map(Place::type).filter(Kept.BF16::equals).isPresent());
  }

  private static Precision faster(int width) {
    double single = seconds(Precision.FP32, width);
    double half = seconds(Precision.BF16, width);
    Precision chosen = single > WORTH_IT * half ? Precision.BF16 : Precision.FP32;
    LOG.info(
        String.format(
            Locale.ROOT,
            "products of %d x %d: %.1f ms in bf16, %.1f ms in fp32; precision auto is %s",
            width,
            width,
            half * 1e3,
            single * 1e3,
            chosen.name().toLowerCase(Locale.ROOT)));
    return chosen;
  }

  /** The best time of a product with a square matrix that is held in the precision. */
  private static double seconds(Precision precision, int width) {
    try (NDManager manager = Tensors.root().newSubManager()) {
      return Tensors.inference(
          () -> {
            NDArray x = manager.ones(new Shape(TOKENS, width), DataType.FLOAT32);
            NDArray w = WeightLoader.zeros(manager, precision, width, width);
            double best = Double.POSITIVE_INFINITY;
            for (int i = 0; i < REPETITIONS; i++) {
              long start = System.nanoTime();
              Kernels.call(precision, "product", x, w).close();
              best = Math.min(best, (System.nanoTime() - start) / 1e9);
            }
            return best;
          });
    }
  }
}
