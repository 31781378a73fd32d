package puzzle.engine.profile.hopper;

import java.util.List;

/**
 * C[m,n] = A[m,k] B[k,n] on one device; shape (m, n, k).
 *
 * <p>A roofline misses three things that measurements show. Output tiles are dealt out to the
 * device's 132 multiprocessors in waves, so a 129th row costs as much as 128 more. Where there are
 * too few tiles the library splits the sum over k, trading multiprocessors for a reduction. And an
 * fp8 product first quantises its activations, which costs time per m k. So
 *
 * <pre>
 *   t  = t0 + quantise m k + softmax_p(Tc, Tm)
 *   Tm = ((n k + m k) bytes + 2 m n) / (memory bandwidth)
 *   Tc = min over tile and split s:  waves(tiles s) tile k/s 2 flop / (tileShare peak)
 *                                    + split log2(s) + chain (k / 1024 s)^chainPower
 * </pre>
 *
 * with the minimum over four tile sizes and splits 1 to 32, as a library's heuristic would choose.
 */
record GemmLaw(double peakFlopsPerMicro, double bytesPerMicro, int operandBytes)
    implements KernelLaw {

  private static final int MULTIPROCESSORS = 132;
  private static final int[][] TILES = {{64, 64}, {64, 128}, {128, 128}, {128, 256}};
  private static final int[] SPLITS = {1, 2, 4, 8, 16, 32};
  private static final int DEPTH = 64;

  @Override
  public List<String> constants() {
    return List.of(
        "launch",
        "memoryShare",
        "sharpness",
        "chain",
        "chainPower",
        "quantise",
        "split",
        "tile64x64",
        "tile64x128",
        "tile128x128",
        "tile128x256");
  }

  @Override
  public double[] start() {
    return operandBytes == 1
        ? new double[] {12, .8, 3, .3, .7, 1, .2, .4, .5, .65, .75}
        : new double[] {3, .8, 3, .3, .7, .01, .2, .4, .5, .65, .75};
  }

  @Override
  public double micros(double[] c, double[] shape) {
    double m = shape[0];
    double k = shape[2];
    return c[0] + quantiseMicros(c, m, k) + body(c, m, shape[1], k);
  }

  /** The part an fp8 server fuses into the kernel before: launch and quantisation. */
  double removable(double[] c, double m, double k) {
    return c[0] + quantiseMicros(c, m, k);
  }

  double quantiseMicros(double[] c, double m, double k) {
    return c[5] * 1e-6 * m * k;
  }

  private double body(double[] c, double m, double n, double k) {
    double memory = ((n * k + m * k) * operandBytes + 2 * m * n) / (bytesPerMicro * c[1]);
    double compute = Double.POSITIVE_INFINITY;
    for (int s = 0; s < SPLITS.length; s++) {
      double depth = k / SPLITS[s];
      double overhead = c[6] * s + c[3] * Math.pow(depth / 1024, c[4]);
      double steps = Math.ceil(depth / DEPTH) * DEPTH;
      for (int t = 0; t < TILES.length; t++) {
        int rows = TILES[t][0];
        int columns = TILES[t][1];
        double tiles = Math.ceil(m / rows) * Math.ceil(n / columns) * SPLITS[s];
        double waves = Math.ceil(tiles / MULTIPROCESSORS);
        double flop = waves * MULTIPROCESSORS * rows * columns * steps * 2;
        compute = Math.min(compute, flop / (peakFlopsPerMicro * c[7 + t]) + overhead);
      }
    }
    return KernelLaw.softMax(compute, memory, c[2]);
  }
}
