package puzzle.engine.profile.hopper;

import java.util.List;

/**
 * Causal attention over whole prompts, with rotary positions and the cache write; shape (batch x
 * query heads, prompt length, query heads per KV head).
 *
 * <pre>
 *   t  = t0 + softmax_p( softmax_p(Tc, latency (S / 1024)^power), Tm )
 *   Tc = 4 d  heads  S' (S' + 128) / 2  flop / (computeShare peak),   S' = S rounded up to 128
 *   Tm = move  heads S (2 + 2 / group) d
 * </pre>
 */
record PrefillLaw(double peakFlopsPerMicro, int headSize) implements KernelLaw {

  private static final int TILE = 128;

  @Override
  public List<String> constants() {
    return List.of("launch", "computeShare", "sharpness", "latency", "latencyPower", "move");
  }

  @Override
  public double[] start() {
    return new double[] {12, .5, 2, 20, 1, .5};
  }

  @Override
  public double micros(double[] c, double[] shape) {
    double heads = shape[0];
    double length = shape[1];
    double padded = Math.ceil(length / TILE) * TILE;
    double compute =
        4.0 * headSize * heads * padded * (padded + TILE) / 2 / (peakFlopsPerMicro * c[1]);
    double latency = c[3] * Math.pow(length / 1024, c[4]);
    double move = c[5] * 1e-6 * heads * length * (2 + 2 / shape[2]) * headSize;
    return c[0] + KernelLaw.softMax(KernelLaw.softMax(compute, latency, c[2]), move, c[2]);
  }
}
