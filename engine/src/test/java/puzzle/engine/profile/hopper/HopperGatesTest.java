package puzzle.engine.profile.hopper;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import puzzle.engine.profile.Hardware;
import puzzle.engine.profile.HardwareProfile;
import puzzle.engine.profile.ThroughputModel;
import puzzle.model.Workload;

/** The shipped constants against the tables they were fitted to, where those are at hand. */
class HopperGatesTest {

  @ParameterizedTest
  @CsvSource({
    "h100, gemm/bfloat16, 0.08", "h100, gemm/fp8, 0.10", "h100, decode/, 0.15",
    "h100, prefill/, 0.15", "h200, gemm/bfloat16, 0.08", "h200, gemm/fp8, 0.10",
    "h200, decode/, 0.15", "h200, prefill/, 0.15"
  })
  void kernelsAreWithinTheirGate(String hardware, String family, double gate) {
    KernelSamples samples = KernelData.of(hardware);
    HopperConstants constants = HopperConstants.shipped(HardwareProfiles.hardware(hardware));
    Predicate<String> wanted =
        family.endsWith("/") ? k -> k.startsWith(family) : k -> k.equals(family);
    double sum = 0;
    long rows = 0;
    long inside = 0;
    for (String kernel : samples.kernels()) {
      FittedKernel fitted = constants.kernels().get(kernel);
      if (wanted.test(kernel) && fitted != null) {
        for (KernelSamples.Sample sample : samples.of(kernel)) {
          double off = Math.abs(Math.log(fitted.micros(sample.shape()) / sample.micros()));
          sum += off;
          rows++;
          inside += off <= Math.log1p(fitted.uncertainty(sample.shape())) ? 1 : 0;
        }
      }
    }
    double error = Math.expm1(sum / rows);
    double coverage = (double) inside / rows;
    System.out.printf(
        "%s %-14s %6d rows  geometric-mean error %4.1f %% (gate %.0f %%)  in 90 %% interval %.1f %%%n",
        hardware, family, rows, 100 * error, 100 * gate, 100 * coverage);
    assertTrue(error <= gate, hardware + " " + family + " is off by " + error);
    assertTrue(coverage >= 0.8 && coverage <= 0.97, family + " coverage " + coverage);
  }

  @Test
  void publishedThroughputIsWithinEightPercent() {
    List<PublishedThroughput> rows = PublishedThroughput.read(KernelData.published());
    double sum = 0;
    long inside = 0;
    for (PublishedThroughput row : rows) {
      HardwareProfile profile = HardwareProfiles.named(row.hardware().name());
      var best =
          ThroughputModel.best(
              profile, row.model(), row.workload(), ThroughputModel.MOST_SEQUENCES);
      double off = Math.abs(Math.log(best.tokensPerSecond() / row.tokensPerSecond()));
      sum += off;
      inside += off <= Math.log1p(best.uncertainty()) ? 1 : 0;
    }
    double error = Math.expm1(sum / rows.size());
    System.out.printf(
        "end to end %d rows  geometric-mean error %.1f %% (gate 8 %%)  in 90 %% interval %.1f %%%n",
        rows.size(), 100 * error, 100.0 * inside / rows.size());
    assertTrue(error <= 0.08, "end to end is off by " + error);
  }

  @Test
  void shippedConstantsSayHowGoodTheyAre() {
    for (Hardware hardware : List.of(Hardware.H100, Hardware.H200)) {
      HopperConstants constants = HopperConstants.shipped(hardware);
      constants
          .kernels()
          .forEach(
              (kernel, fitted) -> {
                FittedKernel.Quality q = fitted.quality();
                assertTrue(q.rows() > 0 && q.coverage() >= 0.8 && q.coverage() <= 0.97, kernel);
              });
      HopperConstants.Summary all = constants.summary("");
      assertTrue(all.heldOutError() <= 1.5 * all.error(), all.toString());
    }
  }

  @Test
  void theStandardSpaceOverSixWorkloadsIsProfiledInFiftyMilliseconds() {
    HardwareProfile profile = HardwareProfiles.named("h100");
    List<Workload> workloads = ProfileSpeed.sixWorkloads();
    for (int i = 0; i < 20; i++) {
      ProfileSpeed.blocks(profile, workloads);
    }
    double best = Double.POSITIVE_INFINITY;
    for (int i = 0; i < 5; i++) {
      long start = System.nanoTime();
      int blocks = ProfileSpeed.blocks(profile, workloads);
      best = Math.min(best, (System.nanoTime() - start) / 1e6);
      assertTrue(blocks == 54 * 6, blocks + " blocks");
    }
    System.out.printf("54 variants x 6 workloads in %.1f ms%n", best);
    assertTrue(best < 50, best + " ms");
  }
}
