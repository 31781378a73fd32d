package puzzle.engine.profile;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.huggingface.HuggingFaceConfig;
import puzzle.engine.huggingface.SmallParent;
import puzzle.engine.machine.HostMemory;
import puzzle.engine.nn.Tensors;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.DType;
import puzzle.model.InvalidInputException;
import puzzle.model.Variant;
import puzzle.model.Workload;

class WorkbenchTest {

  private static final DecoderConfig SMALL = SmallParent.config();

  private static Workload workload(int batch, int prefill) {
    return new Workload(batch, prefill, 4, DType.FP32, DType.FP32, 1);
  }

  private static List<Variant> own(DecoderConfig config) {
    return List.of(config.parentBlock().attention(), config.parentBlock().ffn());
  }

  @Test
  void aSmallModelHasAPlaceForEveryLayerAndALargeOneJustEnoughToLeaveTheCaches() {
    try (Workbench bench = new Workbench(SMALL, own(SMALL), workload(2, 8))) {
      assertEquals(SMALL.layers(), bench.places());
    }
    DecoderConfig large = HuggingFaceConfig.read(Path.of("../examples/llama-70b/parent"));
    double bytes = Workbench.bytes(large, own(large), workload(1, 8));
    double layer = 4.0 * (large.params() - large.fixedParams()) / large.layers();
    double fixed = 4.0 * large.fixedParams();
    assertEquals(2 * layer + fixed, bytes, 0.01 * bytes);
  }

  @Test
  void variantsHaveTheSameMemoryAndTheirOwnShapes() {
    Variant half = Variant.ffn(SMALL.intermediateSize() / 2);
    List<Variant> all = List.of(SMALL.parentBlock().attention(), SMALL.parentBlock().ffn(), half);
    Workload workload = workload(2, 8);
    assertEquals(
        Workbench.bytes(SMALL, own(SMALL), workload), Workbench.bytes(SMALL, all, workload));
    try (Workbench bench = new Workbench(SMALL, all, workload)) {
      NDArray up = bench.weights(1, half).arrays().get("mlp.up_proj.weight");
      assertArrayEquals(
          new long[] {SMALL.intermediateSize() / 2, SMALL.hiddenSize()}, up.getShape().getShape());
      NDArray first = bench.weights(0, half).arrays().get("mlp.up_proj.weight");
      assertTrue(!Arrays.equals(first.toFloatArray(), up.toFloatArray()), "a place of its own");
    }
  }

  @Test
  void aPromptInPassesFillsTheCacheAsOneDoes() {
    Variant attention = SMALL.parentBlock().attention();
    int batch = 3;
    try (Workbench bench = new Workbench(SMALL, own(SMALL), workload(batch, 8))) {
      NDArray x =
          Tensors.detached(
              bench.manager(),
              () -> bench.functions().embed(LiveProfiler.ids(bench.manager(), batch, 8)));
      VariantStack stack = new VariantStack(bench, attention);
      NDArray keys = bench.cache(0, attention).keys();
      float[] whole = keysAfter(stack, keys, x);
      float[] parts = keysAfter(stack, keys, x.get("0:2"), x.get("2:3"));
      assertArrayEquals(whole, parts, 1e-6f);
      assertTrue(whole[0] != 0);
    }
  }

  private static float[] keysAfter(VariantStack stack, NDArray keys, NDArray... passes) {
    keys.muli(0);
    Tensors.inference(() -> stack.prefill(passes, 1).getFloat(0, 0, 0));
    return keys.toFloatArray();
  }

  @Test
  void whatDoesNotFitIsRefusedWithTheWayOut() {
    Exception e =
        assertThrows(
            InvalidInputException.class,
            () -> Workbench.require(8e9, new HostMemory(10_000_000_000L, "a box")));
    assertTrue(
        e.getMessage().contains("8.0 GB of memory; of 10.0 GB (a box) it may take 7.0"),
        e.getMessage());
    assertTrue(e.getMessage().lines().toList().get(1).startsWith("Maybe "), e.getMessage());
  }

  @Test
  void modelsOfDifferentBlocksAreTimedInTheSameMemory() {
    Block child = new Block(Variant.parse("attention-no-op"), SMALL.parentBlock().ffn());
    List<Architecture> two =
        List.of(SMALL.architecture(), Architecture.uniform(child, SMALL.layers()));
    assertEquals(
        ModelSpeed.bytes(SMALL, two.subList(0, 1), workload(2, 8)),
        ModelSpeed.bytes(SMALL, two, workload(2, 8)));
  }
}
