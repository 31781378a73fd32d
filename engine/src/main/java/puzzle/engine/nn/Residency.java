package puzzle.engine.nn;

import java.util.Locale;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.WeightSource;
import puzzle.engine.decoder.WeightSource.Kept;
import puzzle.engine.machine.HostMemory;
import puzzle.model.Precision;

/** Whether all of a model's weights are in memory at once. Results are the same to the bit. */
public enum Residency {
  /**
   * All where they take at most a quarter of this device's share of the memory there is, else a
   * layer at a time. Those that stay in their mapped file take none but the system's cache, which
   * devices share: half of the memory.
   */
  AUTO,
  WHOLE,
  LAYERS;

  /**
   * The property that decides for a process's models: {@code auto}, {@code whole}, {@code layers}.
   */
  public static final String PROPERTY = "puzzle.weights";

  private static final int SHARE = 4;

  private static volatile int devices = 1;

  /** As the process was told to. */
  public static Residency told() {
    return valueOf(System.getProperty(PROPERTY, "auto").toUpperCase(Locale.ROOT));
  }

  /** Devices of this process, which share its memory, whether they are at work yet or not. */
  public static void devices(int count) {
    devices = count;
  }

  /**
   * Opens a model that is not trained.
   *
   * @param positions tokens of the longest sequence
   * @param precision of products, BF16 or FP32
   */
  public Decoder open(
      DecoderConfig config, WeightSource weights, int positions, Precision precision) {
    return whole(config, weights, precision)
        ? Decoder.whole(config, weights, positions, precision)
        : Decoder.layerByLayer(config, weights, positions, precision);
  }

  /** Whether a training that takes so much is in memory as a whole: up to half of what there is. */
  public boolean trains(long bytes) {
    return this == WHOLE || this == AUTO && bytes <= HostMemory.here().bytes() / 2;
  }

  private boolean whole(DecoderConfig config, WeightSource weights, Precision precision) {
    if (this != AUTO) {
      return this == WHOLE;
    }
    boolean mapped = precision == Precision.BF16 && Arithmetic.inBf16(config, weights);
    return whole(config.params(), precision, mapped, HostMemory.here().bytes(), devices);
  }

  /**
   * What {@link #AUTO} decides.
   *
   * @param mapped true for weights that stay in their file
   * @param memory bytes there are
   * @param devices that share them
   */
  public static boolean whole(
      long params, Precision precision, boolean mapped, long memory, int devices) {
    int bytes = (precision == Precision.BF16 ? Kept.BF16 : Kept.FP32).bytes();
    return params * bytes <= (mapped ? memory / 2 : memory / devices / SHARE);
  }
}
