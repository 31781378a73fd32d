package puzzle.engine.profile.table;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.profile.Estimate;
import puzzle.engine.profile.Estimate.Kind;
import puzzle.engine.profile.HardwareProfile;
import puzzle.engine.profile.hopper.HardwareProfiles;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.Variant;
import puzzle.model.Workload;

class CostTableProfileTest {

  private static final Block BLOCK = new Block(Variant.attention(8), Variant.ffn(14336));
  private static final DecoderConfig MODEL =
      new DecoderConfig(
          "llama",
          32000,
          4096,
          32,
          128,
          1e-5,
          1e4,
          null,
          4096,
          false,
          false,
          false,
          Architecture.uniform(BLOCK, 4));
  private static final HardwareProfile H100 = HardwareProfiles.named("h100");

  private static Workload workload(int batch) {
    return CostImport.workload("b" + batch + "-p128-g100-wfp8-kvfp8-tp1");
  }

  private static CostRow row(int layer, String what, int batch, CostStat metric, double value) {
    return new CostRow(layer, what, workload(batch), metric, value, "imported lab");
  }

  private static HardwareProfile profile(CostRow... rows) {
    return new CostTableProfile(CostTable.of(List.of(rows)), H100);
  }

  @Test
  void theMedianLayerAnswersWithTheSpreadAsUncertainty() {
    List<CostRow> rows = new ArrayList<>();
    for (int layer = 0; layer < 3; layer++) {
      rows.add(row(layer, "kv-8", 8, CostStat.PREFILL_TIME, 0.010 + 0.001 * layer));
      rows.add(row(layer, "kv-8", 8, CostStat.DECODE_TIME, 0.001));
    }
    HardwareProfile profile = profile(rows.toArray(CostRow[]::new));
    Estimate e = profile.cost(MODEL, Variant.attention(8), workload(8));
    assertEquals(Kind.TABLE, e.kind());
    assertEquals(0.011, e.cost().prefillSeconds(), 1e-12);
    assertEquals(0.001 / 0.011, e.uncertainty(), 1e-9);
    assertEquals("imported lab", e.source());
  }

  @Test
  void aWholeRuntimeIsSplitAsTheModelSplitsIt() {
    Workload w = workload(8);
    HardwareProfile profile = profile(row(0, "ffn-14336", 8, CostStat.RUNTIME, 1));
    Estimate model = H100.cost(MODEL, Variant.ffn(14336), w);
    Estimate table = profile.cost(MODEL, Variant.ffn(14336), w);
    assertEquals(1, table.cost().runtimeSeconds(w), 1e-9);
    assertEquals(
        model.cost().prefillSeconds() / model.cost().decodeSeconds(),
        table.cost().prefillSeconds() / table.cost().decodeSeconds(),
        1e-9);
    assertEquals(model.cost().weightBytes(), table.cost().weightBytes());
  }

  @Test
  void batchesBetweenAreInterpolatedInLogarithms() {
    HardwareProfile profile =
        profile(
            row(0, "kv-8", 4, CostStat.PREFILL_TIME, 0.01),
            row(0, "kv-8", 4, CostStat.DECODE_TIME, 0.001),
            row(0, "kv-8", 64, CostStat.PREFILL_TIME, 0.16),
            row(0, "kv-8", 64, CostStat.DECODE_TIME, 0.004));
    Estimate e = profile.cost(MODEL, Variant.attention(8), workload(16));
    assertEquals(0.04, e.cost().prefillSeconds(), 1e-9);
    assertEquals(0.002, e.cost().decodeSeconds(), 1e-9);
    assertTrue(e.notes().isEmpty());
  }

  @Test
  void outsideTheTableTheModelAnswersAndSaysSo() {
    HardwareProfile profile =
        profile(
            row(0, "kv-8", 4, CostStat.PREFILL_TIME, 0.01),
            row(0, "kv-8", 4, CostStat.DECODE_TIME, 0.001));
    for (Estimate e :
        List.of(
            profile.cost(MODEL, Variant.attention(8), workload(8)),
            profile.cost(MODEL, Variant.attention(4), workload(4)))) {
      assertEquals(Kind.MODEL, e.kind());
      assertTrue(e.notes().get(0).contains("the cost table has no time of kv-"), e.toString());
    }
  }

  @Test
  void aSumNamesItsWorstKind() {
    HardwareProfile profile =
        profile(
            row(0, "kv-8", 4, CostStat.PREFILL_TIME, 0.01),
            row(0, "kv-8", 4, CostStat.DECODE_TIME, 0.001));
    assertEquals(Kind.MODEL, profile.total(MODEL, workload(4)).kind());
  }
}
