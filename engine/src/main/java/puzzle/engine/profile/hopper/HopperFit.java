package puzzle.engine.profile.hopper;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import puzzle.engine.profile.Hardware;

/** Fits every kernel of a machine's tables: which law, which grid, which bands. */
public final class HopperFit {

  private static final double[][] GEMM_NODES = {
    {1, 16, 64, 128, 256, 512, 1024, 4096, 32768},
    {32, 256, 1024, 4096, 16384, 65536},
    {32, 256, 1024, 4096, 16384, 65536}
  };
  private static final double[][] DECODE_NODES = {
    {1, 16, 64, 256, 1024, 4096, 16384}, {2, 64, 512, 1024, 2048, 8192, 32768, 131072}
  };
  private static final double[][] PREFILL_NODES = {
    {1, 8, 64, 256, 1024, 4096, 16384}, {1, 64, 256, 512, 1024, 2048, 4096, 16384}, {1, 8, 96}
  };
  private static final double[][] ALL_REDUCE_NODES = {{128, 1 << 18, 1 << 23, 1 << 29}};

  /** A kernel is fitted from this many rows on; fewer are left to its neighbours. */
  private static final int FEWEST_ROWS = 20;

  private HopperFit() {}

  /**
   * @param progress told the name of each kernel as it is done
   */
  public static HopperConstants fit(
      Hardware hardware, KernelSamples samples, String source, Consumer<String> progress) {
    Map<String, FittedKernel> kernels = new TreeMap<>();
    for (String kernel : samples.kernels()) {
      List<KernelSamples.Sample> rows = samples.of(kernel);
      if (rows.size() >= FEWEST_ROWS) {
        kernels.put(kernel, fitFor(hardware, kernel).fit(rows));
        progress.accept(kernel);
      }
    }
    return new HopperConstants(hardware, source, kernels);
  }

  private static KernelFit fitFor(Hardware hardware, String kernel) {
    KernelLaw law = lawOf(hardware, kernel);
    return switch (KernelKey.family(kernel)) {
      case "gemm" -> new KernelFit(law, GEMM_NODES, 0, 16, 128, 512, 2048);
      case "decode" -> new KernelFit(law, DECODE_NODES, 1, 64, 512, 4096);
      case "prefill" -> new KernelFit(law, PREFILL_NODES, 1, 64, 512, 2048);
      default -> new KernelFit(law, ALL_REDUCE_NODES, 0);
    };
  }

  /** The law of a kernel by its name. */
  static KernelLaw lawOf(Hardware hardware, String kernel) {
    double bytes = hardware.bandwidth() / 1e6;
    return switch (KernelKey.family(kernel)) {
      case "gemm" ->
          kernel.equals(KernelKey.gemm("bfloat16"))
              ? new GemmLaw(hardware.bf16Flops() / 1e6, bytes, 2)
              : new GemmLaw(hardware.fp8Flops() / 1e6, bytes, 1);
      case "decode" -> new DecodeLaw();
      case "prefill" -> new PrefillLaw(hardware.bf16Flops() / 1e6, KernelKey.headSize(kernel));
      case "all-reduce" -> new AllReduceLaw();
      default -> throw new IllegalArgumentException("no law for " + kernel);
    };
  }
}
