package puzzle.engine.profile.hopper;

import java.util.List;

/**
 * Attention of one new token per sequence against its KV cache; shape (batch x KV heads, context).
 *
 * <p>Kernels differ by group size, the query heads that share a KV head: the tensor-core kernel
 * packs up to 32 of them and slows down as they fill; above that a general kernel takes over that
 * reads the cache once per query head. So constants are fitted per group size, and this is why
 * fewer KV heads are not always faster. Within a group size only batch x KV heads counts:
 *
 * <pre> t = t0 + softmax_p( heads (context + padding) / rate,  latency (context / 1024)^power )
 * </pre>
 */
record DecodeLaw() implements KernelLaw {

  @Override
  public List<String> constants() {
    return List.of("launch", "tokensPerMicro", "padding", "latency", "latencyPower", "sharpness");
  }

  @Override
  public double[] start() {
    return new double[] {6, 5e3, 50, 8, .5, 2};
  }

  @Override
  public double micros(double[] c, double[] shape) {
    double throughput = shape[0] * (shape[1] + c[2]) / c[1];
    double latency = c[3] * Math.pow(shape[1] / 1024, c[4]);
    return c[0] + KernelLaw.softMax(throughput, latency, c[5]);
  }
}
