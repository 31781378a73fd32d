package puzzle.engine.profile.hopper;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.profile.Estimate;
import puzzle.engine.profile.Estimate.Kind;
import puzzle.engine.profile.Hardware;
import puzzle.engine.profile.HardwareProfile;
import puzzle.engine.profile.MemoryModel;
import puzzle.engine.profile.Throughput;
import puzzle.engine.profile.ThroughputModel;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.BlockCost;
import puzzle.model.DType;
import puzzle.model.InvalidInputException;
import puzzle.model.SearchSpace;
import puzzle.model.Subblock;
import puzzle.model.Variant;
import puzzle.model.Workload;

class HopperProfileTest {

  private static final DecoderConfig LLAMA_70B = PublishedThroughput.llama(8192, 64, 28672, 80);
  private static final HardwareProfile H100 = HardwareProfiles.named("h100");

  private static Workload fp8(int batch, int prefill, int generate, int devices) {
    return new Workload(batch, prefill, generate, DType.FP8, DType.FP8, devices);
  }

  @Test
  void aNoOpCostsNothing() {
    for (Subblock subblock : Subblock.values()) {
      assertEquals(
          BlockCost.ZERO,
          H100.cost(LLAMA_70B, Variant.noOp(subblock), fp8(64, 128, 128, 1)).cost());
    }
  }

  @Test
  void fewerKvHeadsAreNotAlwaysFaster() {
    Workload workload = fp8(64, 512, 1024, 1);
    double eight = decode(Variant.attention(8), workload);
    double four = decode(Variant.attention(4), workload);
    double one = decode(Variant.attention(1), workload);
    assertTrue(four < eight, four + " against " + eight);
    assertTrue(one > 2 * eight, one + " against " + eight);
  }

  private static double decode(Variant variant, Workload workload) {
    return H100.cost(LLAMA_70B, variant, workload).cost().decodeSeconds();
  }

  @Test
  void aGroupSizeWithoutAnFp8KernelIsFlagged() {
    Estimate one = H100.cost(LLAMA_70B, Variant.attention(1), fp8(64, 512, 1024, 1));
    assertTrue(one.extrapolated(), "64 query heads per KV head were not measured with fp8");
    Estimate eight = H100.cost(LLAMA_70B, Variant.attention(8), fp8(64, 512, 1024, 1));
    assertFalse(eight.extrapolated(), eight.notes().toString());
    assertTrue(one.uncertainty() > eight.uncertainty());
  }

  @Test
  void bytesAndParametersAreThoseServed() {
    Workload workload = fp8(4, 100, 28, 1);
    BlockCost attention = H100.cost(LLAMA_70B, Variant.attention(8), workload).cost();
    assertEquals(LLAMA_70B.params(Variant.attention(8)), attention.params());
    assertEquals(attention.params() - 8192 + 2 * 8192, attention.weightBytes());
    assertEquals(2L * 8 * 128 * 4 * 128, attention.kvBytes());
    Workload bf16 = new Workload(4, 100, 28, DType.BF16, DType.BF16, 1);
    BlockCost ffn = H100.cost(LLAMA_70B, Variant.ffn(28672), bf16).cost();
    assertEquals(2 * LLAMA_70B.params(Variant.ffn(28672)), ffn.weightBytes());
  }

  @Test
  void eachDeviceKeepsAtLeastOneKvHead() {
    BlockCost two = H100.cost(LLAMA_70B, Variant.attention(2), fp8(4, 100, 28, 1)).cost();
    BlockCost spread = H100.cost(LLAMA_70B, Variant.attention(2), fp8(4, 100, 28, 8)).cost();
    assertEquals(4 * two.kvBytes(), spread.kvBytes());
  }

  /** 70B's FFN at a quarter of the rank at which the factors are as large as the matrices. */
  @Test
  void aLowRankFfnCostsLessThanTheMatricesItStandsFor() {
    Workload workload = fp8(64, 512, 1024, 1);
    Variant variant = Variant.parse("ffn-28672-rank-1593");
    BlockCost low = H100.cost(LLAMA_70B, variant, workload).cost();
    BlockCost whole = H100.cost(LLAMA_70B, Variant.ffn(28672), workload).cost();
    assertEquals(8192 + 3L * 1593 * (8192 + 28672), low.params());
    assertEquals(0.25, (double) low.weightBytes() / whole.weightBytes(), 1e-3);
    assertTrue(low.runtimeSeconds(workload) < whole.runtimeSeconds(workload), low.toString());
    assertTrue(low.runtimeSeconds(workload) > whole.runtimeSeconds(workload) / 4, low.toString());
    Workload four = fp8(64, 512, 1024, 4);
    assertEquals(
        3L * 3 * 1593 * 8192,
        H100.cost(LLAMA_70B, variant, four).cost().weightBytes() - low.weightBytes());
  }

  @Test
  void widerFfnsAndLargerBatchesTakeLonger() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int i = 0; i < 200; i++) {
      int width = 256 * (2 + random.nextInt(100));
      Workload workload =
          fp8(1 + random.nextInt(500), 1 + random.nextInt(4000), 1 + random.nextInt(2000), 1);
      double narrow = runtime(Variant.ffn(width), workload);
      String with = width + " " + workload + " seed " + seed;
      assertTrue(runtime(Variant.ffn(2 * width), workload) > narrow, with);
      Workload more = ThroughputModel.withBatch(workload, 4 * workload.batch());
      assertTrue(runtime(Variant.ffn(width), more) > narrow, with);
    }
  }

  private static double runtime(Variant variant, Workload workload) {
    return H100.cost(LLAMA_70B, variant, workload).cost().runtimeSeconds(workload);
  }

  @Test
  void moreDevicesShareTheWork() {
    Workload one = fp8(128, 1000, 1000, 1);
    double alone = H100.total(LLAMA_70B, one).cost().runtimeSeconds(one);
    Workload four = fp8(128, 1000, 1000, 4);
    double shared = H100.total(LLAMA_70B, four).cost().runtimeSeconds(four);
    assertTrue(shared < alone && shared > alone / 4, shared + " against " + alone);
  }

  @Test
  void whatTheHardwareCannotServeIsRefused() {
    Workload fp32 = new Workload(1, 1, 1, DType.FP32, DType.BF16, 1);
    assertThrows(InvalidInputException.class, () -> H100.cost(LLAMA_70B, Variant.ffn(256), fp32));
    assertThrows(
        InvalidInputException.class, () -> H100.cost(LLAMA_70B, Variant.ffn(256), fp8(1, 1, 1, 3)));
    assertThrows(
        InvalidInputException.class,
        () -> H100.cost(LLAMA_70B, Variant.attention(7), fp8(1, 1, 1, 1)));
    InvalidInputException e =
        assertThrows(
            InvalidInputException.class,
            () -> H100.cost(LLAMA_70B, Variant.ffn(256), fp8(1, 1, 1, 16)));
    assertTrue(e.getMessage().contains("1, 2, 4 or 8"), e.getMessage());
  }

  @Test
  void shapesOutsideTheMeasuredRangeAreFlaggedNeverSilent() {
    Estimate longPrompt = H100.cost(LLAMA_70B, Variant.attention(8), fp8(1, 120_000, 100, 1));
    assertTrue(
        longPrompt.notes().stream().anyMatch(n -> n.contains("prompt length 120000 above")),
        longPrompt.notes().toString());
    DecoderConfig odd = PublishedThroughput.llama(96 * 32, 32, 8192, 4);
    DecoderConfig headSize96 =
        new DecoderConfig(
            odd.family(),
            1000,
            odd.hiddenSize(),
            32,
            96,
            1e-5,
            1e4,
            null,
            4096,
            false,
            false,
            false,
            odd.architecture());
    Estimate scaled = H100.cost(headSize96, Variant.attention(8), fp8(8, 100, 100, 1));
    assertTrue(scaled.notes().stream().anyMatch(n -> n.contains("head size 96")));
  }

  @Test
  void everyAnswerOfARandomModelIsFiniteAndHonest() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int i = 0; i < 300; i++) {
      int heads = 8 << random.nextInt(5);
      DecoderConfig model =
          PublishedThroughput.llama(heads * 128, heads, 256 * (1 + random.nextInt(200)), 2);
      Workload workload =
          new Workload(
              1 + random.nextInt(4096),
              1 + random.nextInt(200_000),
              1 + random.nextInt(10_000),
              random.nextBoolean() ? DType.FP8 : DType.BF16,
              random.nextBoolean() ? DType.FP8 : DType.BF16,
              1 << random.nextInt(4));
      for (Variant v : SearchSpace.standard(8, model.intermediateSize(), 256).variants()) {
        Estimate e = HardwareProfiles.named("h200").cost(model, v, workload);
        double t = e.cost().runtimeSeconds(workload);
        boolean nothing = v.isNoOp();
        assertTrue(
            nothing ? t == 0 : t > 0 && Double.isFinite(t) && e.uncertainty() > 0,
            v + " " + workload + " seed " + seed);
      }
    }
  }

  @Test
  void knownHardwareHasOneProfileAndUnknownIsListed() {
    assertSame(HardwareProfiles.named("H100"), HardwareProfiles.named("h100-sxm"));
    InvalidInputException e =
        assertThrows(InvalidInputException.class, () -> HardwareProfiles.named("b200"));
    assertTrue(e.getMessage().contains("h100, h200"), e.getMessage());
    assertThrows(InvalidInputException.class, () -> HardwareProfiles.named(null));
  }

  @Test
  void theLargestBatchFitsAndOneMoreDoesNot() {
    Workload workload = fp8(1, 500, 2000, 2);
    long weights = H100.total(LLAMA_70B, workload).cost().weightBytes();
    int max = MemoryModel.maxBatch(LLAMA_70B, workload, weights, Hardware.H100, 1 << 20);
    for (int batch : new int[] {max, max + 1}) {
      double perSequence = MemoryModel.kvBytesPerToken(LLAMA_70B, workload) * 2500 / 2;
      double rest =
          Hardware.H100.usableBytes()
              - weights / 2.0
              - MemoryModel.workspaceBytes(LLAMA_70B, workload, batch);
      assertEquals(batch == max, batch * perSequence <= 0.95 * rest, batch + " of " + max);
    }
  }

  @Test
  void aModelThatDoesNotFitSaysSo() {
    Workload bf16 = new Workload(1, 128, 128, DType.BF16, DType.BF16, 1);
    assertThrows(
        InvalidInputException.class, () -> ThroughputModel.best(H100, LLAMA_70B, bf16, 2048));
    Throughput anyway = ThroughputModel.at(H100, LLAMA_70B, bf16);
    assertEquals(0, anyway.maxBatch());
    assertFalse(anyway.fits());
  }

  @Test
  void aChildWithHalfTheWorkDeliversAboutTwiceTheTokens() {
    Block light = new Block(Variant.attention(8), Variant.ffn(14336));
    Block noAttention = new Block(Variant.noOp(Subblock.ATTENTION), Variant.ffn(14336));
    List<Block> blocks = new java.util.ArrayList<>(LLAMA_70B.architecture().blocks());
    for (int layer = 0; layer < 80; layer += 2) {
      blocks.set(layer, layer % 4 == 0 ? noAttention : light);
    }
    DecoderConfig child = LLAMA_70B.with(new Architecture(blocks));
    Workload workload = fp8(1, 500, 2000, 1);
    double parent = ThroughputModel.best(H100, LLAMA_70B, workload, 2048).tokensPerSecond();
    double ratio = ThroughputModel.best(H100, child, workload, 2048).tokensPerSecond() / parent;
    assertTrue(ratio > 1.5 && ratio < 6, "on one device the cache grows as well: " + ratio);
  }

  @Test
  void aTableWinsWhereItCoversTheShape() {
    KernelSamples table = new KernelSamples();
    for (double m : new double[] {1, 1024}) {
      for (double n : new double[] {256, 65536}) {
        for (double k : new double[] {256, 65536}) {
          FittedKernel model = HopperConstants.shipped(Hardware.H100).kernels().get("gemm/fp8");
          table.add("gemm/fp8", 3 * model.micros(new double[] {m, n, k}), m, n, k);
        }
      }
    }
    HopperKernels alone =
        new HopperKernels(HopperConstants.shipped(Hardware.H100), new KernelSamples());
    HopperKernels with = new HopperKernels(HopperConstants.shipped(Hardware.H100), table);
    KernelTime inside = with.gemm("fp8", 64, 8192, 8192);
    assertEquals(Kind.TABLE, inside.kind());
    assertEquals(3 * alone.gemm("fp8", 64, 8192, 8192).seconds(), inside.seconds(), 1e-9);
    KernelTime outside = with.gemm("fp8", 4096, 8192, 8192);
    assertEquals(Kind.MODEL, outside.kind());
    assertEquals(alone.gemm("fp8", 4096, 8192, 8192).seconds(), outside.seconds());
  }
}
