package puzzle.engine.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.huggingface.HuggingFaceConfig;
import puzzle.engine.profile.hopper.HardwareProfiles;
import puzzle.engine.tasks.SmallRun;
import puzzle.model.RunSpec;
import puzzle.model.Variant;

class SearchEstimateTest {

  /** A second per sequence and half of a layer, and nothing else. */
  private static final class Seconds implements PassTimes {
    @Override
    public double forward(Variant variant, long sequences) {
      return variant.isNoOp() ? 0 : sequences;
    }

    @Override
    public double head(long sequences) {
      return 0;
    }

    @Override
    public double optimiser(long params) {
      return 0;
    }

    @Override
    public double uncertainty() {
      return 0;
    }

    @Override
    public String source() {
      return "made up";
    }
  }

  /** 3 layers, 5 x 9 variants, 24 + 8 + 8 sequences, 12 steps of 4 and 10 steps of 4. */
  @Test
  void countsThePassesOfEveryPhase(@TempDir Path folder) throws IOException {
    RunSpec spec = SmallRun.in(folder);
    List<SearchEstimate.Phase> phases =
        new SearchEstimate(spec, SmallRun.config(), new Seconds(), 4).phases();
    // Both halves over 40 sequences, and the FFN's activity over the 24 to train on.
    expect(phases.get(0), "record", 1, 3 * (2 * 40 + 24));
    // Two copies of 12 variants, four rounds, 2 sequences of 16 tokens in units of 24.
    expect(phases.get(1), "profile", 1, 2 * 12 * 4 * 2 * 16 / 24.0);
    // Training is three passes, the frozen FFN two; each variant is held out twice.
    double attention = 12 * (3 * 4 + 2 * 4) + 2 * 2 * 8;
    double ffn = 12 * (3 * 4) + 2 * 8;
    expect(phases.get(2), "library", 3 * (3 + 7), 3 * (3 * attention + 7 * ffn));
    // 74 halves of replaced blocks, and above each the parent's layers: 2, 1, 0.
    expect(phases.get(3), "score", 44 * 3, 8 * (74 * 3 + 44 * 2 * 3));
    expect(phases.get(4), "gkd", 1, 10 * 4 * (3 * 2 * 4));
    expect(phases.get(5), "evaluate", 8, 7 * 3 * 2 * 8);
    expect(phases.get(6), "export", 1, 0);
    assertEquals(
        phases.get(2).deviceSeconds() / 8, phases.get(2).elapsedSeconds(8), 1e-9, "spreads");
    assertEquals(phases.get(4).deviceSeconds(), phases.get(4).elapsedSeconds(8), 1e-9, "one task");
  }

  private static void expect(SearchEstimate.Phase phase, String name, long tasks, double seconds) {
    assertEquals(name, phase.phase().label());
    assertEquals(tasks, phase.tasks(), name);
    assertEquals(seconds, phase.deviceSeconds(), 1e-6 * seconds, name);
  }

  @Test
  void aModelledPassRunsBelowTheDatasheetsPeakButNotFarBelow() {
    DecoderConfig model = HuggingFaceConfig.read(Path.of("../examples/llama-70b/parent"));
    ModelledPasses h100 = new ModelledPasses(HardwareProfiles.named("h100"), model, 4096);
    double flops = 2.0 * 3 * 8192 * 28672 * 4096;
    double share = flops / h100.forward(Variant.ffn(28672), 1) / 989.5e12;
    assertTrue(share > 0.5 && share < 1, "share of peak " + share);
    double headFlops = 2.0 * 8192 * 128256 * 4096;
    double headShare = headFlops / h100.head(1) / 989.5e12;
    assertTrue(headShare > 0.5 && headShare < 1, "share of peak " + headShare);
    assertEquals(0, h100.forward(Variant.parse("ffn-no-op"), 1));
    assertTrue(h100.source().contains("h100"), h100.source());
  }
}
