package puzzle.engine.profile.hopper;

import java.util.List;

/**
 * Sum over the devices of a tensor-parallel group; shape (elements), bf16.
 *
 * <pre> t = t0 + softmax_p( 2 elements / rate, latency (elements / 2^20)^power ) </pre>
 */
record AllReduceLaw() implements KernelLaw {

  @Override
  public List<String> constants() {
    return List.of("launch", "bytesPerMicro", "latency", "latencyPower", "sharpness");
  }

  @Override
  public double[] start() {
    return new double[] {2.5, 2.5e5, 8, .6, 2};
  }

  @Override
  public double micros(double[] c, double[] shape) {
    double rate = 2 * shape[0] / c[1];
    double latency = c[2] * Math.pow(shape[0] / (1 << 20), c[3]);
    return c[0] + KernelLaw.softMax(rate, latency, c[4]);
  }
}
