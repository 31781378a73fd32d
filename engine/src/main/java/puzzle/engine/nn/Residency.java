package puzzle.engine.nn;

import java.util.Locale;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.WeightSource;
import puzzle.engine.machine.HostMemory;

/** Whether all of a model's weights are in memory at once. Results are the same to the bit. */
public enum Residency {
  /** All where they take at most a quarter of the memory there is, else a layer at a time. */
  AUTO,
  WHOLE,
  LAYERS;

  /**
   * The property that decides for a process's models: {@code auto}, {@code whole}, {@code layers}.
   */
  public static final String PROPERTY = "puzzle.weights";

  private static final int SHARE = 4;

  /** As the process was told to. */
  public static Residency told() {
    return valueOf(System.getProperty(PROPERTY, "auto").toUpperCase(Locale.ROOT));
  }

  /**
   * Opens a model.
   *
   * @param positions tokens of the longest sequence
   */
  public Decoder open(DecoderConfig config, WeightSource weights, int positions) {
    return whole(config)
        ? Decoder.load(config, weights, positions)
        : Decoder.layerByLayer(config, weights, positions);
  }

  /** Whether a training that takes so much is in memory as a whole: up to half of what there is. */
  public boolean trains(long bytes) {
    return this == WHOLE || this == AUTO && bytes <= HostMemory.here().bytes() / 2;
  }

  private boolean whole(DecoderConfig config) {
    return this == WHOLE
        || this == AUTO && config.params() * Float.BYTES <= HostMemory.here().bytes() / SHARE;
  }
}
