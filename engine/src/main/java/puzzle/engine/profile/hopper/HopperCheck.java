package puzzle.engine.profile.hopper;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import puzzle.engine.profile.Hardware;
import puzzle.engine.profile.HardwareProfile;
import puzzle.engine.profile.Throughput;
import puzzle.engine.profile.ThroughputModel;

/** Holds the shipped model against measurements, whether it was fitted to them or not. */
public final class HopperCheck {

  /** Families with the error each must stay within. */
  private static final List<Gate> GATES =
      List.of(
          new Gate("gemm/bfloat16", 0.08),
          new Gate("gemm/fp8", 0.10),
          new Gate("decode/", 0.15),
          new Gate("prefill/", 0.15));

  private static final double END_TO_END = 0.08;

  private record Gate(String family, double limit) {
    boolean wants(String kernel) {
      return family.endsWith("/") ? kernel.startsWith(family) : kernel.equals(family);
    }
  }

  /**
   * Errors over one family of rows.
   *
   * @param error geometric-mean error, relative
   * @param coverage share of rows inside the model's own 90 % interval
   * @param gate what the error must not exceed
   */
  public record Result(
      String hardware, String family, int rows, double error, double coverage, double gate) {
    public boolean passes() {
      return error <= gate;
    }
  }

  private HopperCheck() {}

  /** Every family of kernels the samples hold. */
  public static List<Result> kernels(Hardware hardware, KernelSamples samples) {
    HopperConstants constants = HopperConstants.shipped(hardware);
    List<Result> results = new ArrayList<>();
    for (Gate gate : GATES) {
      Result result = family(constants, samples, gate::wants, gate);
      if (result.rows() > 0) {
        results.add(result);
      }
    }
    return results;
  }

  private static Result family(
      HopperConstants constants, KernelSamples samples, Predicate<String> wanted, Gate gate) {
    double sum = 0;
    int rows = 0;
    int inside = 0;
    for (String kernel : samples.kernels()) {
      FittedKernel fitted = constants.kernels().get(kernel);
      if (fitted != null && wanted.test(kernel)) {
        for (KernelSamples.Sample sample : samples.of(kernel)) {
          double off = Math.abs(Math.log(fitted.micros(sample.shape()) / sample.micros()));
          sum += off;
          rows++;
          inside += off <= Math.log1p(fitted.uncertainty(sample.shape())) ? 1 : 0;
        }
      }
    }
    int n = Math.max(1, rows);
    return new Result(
        constants.hardware().name(),
        gate.family(),
        rows,
        Math.expm1(sum / n),
        (double) inside / n,
        gate.limit());
  }

  /** Whole models at the best batch that fits. */
  public static Result throughput(List<PublishedThroughput> rows) {
    double sum = 0;
    int inside = 0;
    for (PublishedThroughput row : rows) {
      HardwareProfile profile = HardwareProfiles.named(row.hardware().name());
      Throughput best =
          ThroughputModel.best(
              profile, row.model(), row.workload(), ThroughputModel.MOST_SEQUENCES);
      double off = Math.abs(Math.log(best.tokensPerSecond() / row.tokensPerSecond()));
      sum += off;
      inside += off <= Math.log1p(best.uncertainty()) ? 1 : 0;
    }
    int n = Math.max(1, rows.size());
    return new Result(
        "all", "end to end", rows.size(), Math.expm1(sum / n), (double) inside / n, END_TO_END);
  }
}
