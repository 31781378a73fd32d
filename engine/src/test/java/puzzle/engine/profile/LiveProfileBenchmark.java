package puzzle.engine.profile;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.huggingface.HuggingFaceConfig;
import puzzle.model.DType;
import puzzle.model.RunSpec;
import puzzle.model.SearchSpace;
import puzzle.model.Workload;

/** Whether live costs of blocks add up to the time of the whole model, on the machine at hand. */
class LiveProfileBenchmark {

  private static final double LIMIT = 0.10;
  private static final int ROUNDS = 5;

  @Test
  void theSumOverTheTinyParentsBlocksAgreesWithTheWholeModelWithinATenth() {
    DecoderConfig config = HuggingFaceConfig.read(Path.of("../examples/tiny/parent"));
    Workload workload = new Workload(32, 128, 32, DType.FP32, DType.FP32, 1);
    SumAgainstWhole.Agreement agreement =
        new SumAgainstWhole(config, workload, new RunSpec.Profiling(1, 3))
            .measure(
                SearchSpace.standard(config.kvHeads(), config.intermediateSize(), 1),
                ROUNDS,
                1,
                Monitor.NONE);
    SumAgainstWhole.Round round = agreement.typical();
    System.out.printf(
        "prefill: sum %.1f ms, whole %.1f ms, ratio %.3f%n",
        1e3 * round.sum().prefillSeconds(),
        1e3 * round.whole().prefillSeconds(),
        agreement.prefillRatio());
    System.out.printf(
        "decode: sum %.2f ms/step, whole %.2f ms/step, ratio %.3f%n",
        1e3 * round.sum().decodeSeconds(),
        1e3 * round.whole().decodeSeconds(),
        agreement.decodeRatio());
    assertEquals(1, agreement.prefillRatio(), LIMIT, "prefill");
    assertEquals(1, agreement.decodeRatio(), LIMIT, "decode");
  }
}
