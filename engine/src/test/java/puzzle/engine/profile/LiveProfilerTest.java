package puzzle.engine.profile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.huggingface.SmallParent;
import puzzle.model.BlockCost;
import puzzle.model.DType;
import puzzle.model.RunSpec;
import puzzle.model.SearchSpace;
import puzzle.model.TaskResult.Profiled;
import puzzle.model.Variant;
import puzzle.model.Workload;

class LiveProfilerTest {

  @Test
  void aLowRankFfnTakesTimeAndHasTheBytesOfItsSixMatricesAndItsNorm() {
    DecoderConfig config = SmallParent.config();
    Variant lowRank = Variant.parse("ffn-48-rank-5");
    SearchSpace space =
        new SearchSpace(
            List.of(config.parentBlock().attention()),
            List.of(config.parentBlock().ffn(), lowRank));
    Workload workload = new Workload(2, 16, 4, DType.FP8, DType.BF16, 1);
    Profiled profile =
        new LiveProfiler(config, workload, new RunSpec.Profiling(0, 2))
            .profile(space, Monitor.NONE);
    BlockCost cost = profile.cost(lowRank);
    assertTrue(cost.prefillSeconds() > 0 && cost.decodeSeconds() > 0, cost.toString());
    // Gate and up are [48, 5] by [5, 32], down is [32, 5] by [5, 48]; the norm has 32 weights.
    long matrices = 2 * (48 * 5 + 5 * 32) + (32 * 5 + 5 * 48);
    assertEquals(matrices + 32, cost.params());
    assertEquals(matrices + 32, cost.weightBytes(), "one byte each");
    assertEquals(0, cost.kvBytes());
  }
}
