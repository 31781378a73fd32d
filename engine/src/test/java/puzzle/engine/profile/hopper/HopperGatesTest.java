package puzzle.engine.profile.hopper;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import puzzle.engine.profile.Hardware;

/** The shipped constants against measurements: a sample of the tables they were fitted to. */
class HopperGatesTest {

  private static final Map<String, Double> GATES =
      Map.of("gemm/bfloat16", 0.08, "gemm/fp8", 0.10, "decode/", 0.15, "prefill/", 0.15);

  @ParameterizedTest
  @ValueSource(strings = {"h100", "h200"})
  void kernelsAreWithinTheirGate(String hardware) {
    List<HopperCheck.Result> results =
        HopperCheck.kernels(HardwareProfiles.hardware(hardware), KernelData.of(hardware));
    assertEquals(GATES.size(), results.size(), results.toString());
    for (HopperCheck.Result result : results) {
      assertTrue(result.rows() > 1500, result.toString());
      assertTrue(result.error() <= GATES.get(result.family()), result.toString());
      assertTrue(result.coverage() >= 0.8 && result.coverage() <= 0.97, result.toString());
    }
  }

  @Test
  void publishedThroughputIsWithinEightPercent() {
    HopperCheck.Result result =
        HopperCheck.throughput(PublishedThroughput.read(KernelData.published()));
    assertEquals(34, result.rows());
    assertTrue(result.error() <= 0.08, result.toString());
  }

  @Test
  void shippedConstantsSayHowGoodTheyAre() {
    for (Hardware hardware : List.of(Hardware.H100, Hardware.H200)) {
      HopperConstants constants = HopperConstants.shipped(hardware);
      constants
          .kernels()
          .forEach(
              (kernel, fitted) -> {
                HopperConstants.Summary q = fitted.quality();
                assertTrue(q.rows() > 0 && q.coverage() >= 0.8 && q.coverage() <= 0.97, kernel);
              });
      HopperConstants.Summary all = constants.summary("");
      assertTrue(all.heldOutError() <= 1.5 * all.error(), all.toString());
    }
  }

  @Test
  void everyPairOfTheStandardSpaceHasACostForEveryWorkload() {
    assertEquals(
        54 * 6, ProfileSpeed.blocks(HardwareProfiles.named("h100"), ProfileSpeed.sixWorkloads()));
  }
}
