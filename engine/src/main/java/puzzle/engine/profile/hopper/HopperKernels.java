package puzzle.engine.profile.hopper;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import puzzle.engine.profile.Estimate.Kind;
import puzzle.model.InvalidInputException;

/**
 * Times of single kernels, alone on the device: from a table where one covers the shape, else from
 * the fitted model, flagged where the shape lies outside what was measured.
 */
final class HopperKernels {

  static final String BF16 = "bfloat16";
  static final String FP8 = "fp8";

  /** Largest group the grouped tensor-core decode kernel takes; a general one is slower by far. */
  private static final int LARGEST_PACKED_GROUP = 32;

  private final HopperConstants constants;
  private final Map<String, KernelTable> tables = new HashMap<>();

  HopperKernels(HopperConstants constants, KernelSamples table) {
    this.constants = constants;
    for (String kernel : table.kernels()) {
      FittedKernel model = constants.kernels().get(kernel);
      if (model != null) {
        tables.put(kernel, new KernelTable(model, table.of(kernel)));
      }
    }
  }

  /** Number of kernels a table answers for. */
  int tabulated() {
    return tables.size();
  }

  /** C[m,n] = A[m,k] B[k,n]. */
  KernelTime gemm(String type, double m, double n, double k) {
    return time(KernelKey.gemm(type), new double[] {m, n, k}, "m", "n", "k");
  }

  /** Seconds of a product that a server saves by fusing its quantisation: launch and passes. */
  double fusable(String type, double m, double k) {
    FittedKernel kernel = kernel(KernelKey.gemm(type));
    return 1e-6 * ((GemmLaw) kernel.law()).removable(kernel.constants(), m, k);
  }

  /** Seconds of the quantisation passes alone. */
  double quantise(String type, double m, double k) {
    FittedKernel kernel = kernel(KernelKey.gemm(type));
    return 1e-6 * ((GemmLaw) kernel.law()).quantiseMicros(kernel.constants(), m, k);
  }

  /** Sum over {@code devices} of bf16 elements. */
  KernelTime allReduce(int devices, double elements) {
    String key = KernelKey.allReduce(devices);
    if (!constants.kernels().containsKey(key)) {
      throw new InvalidInputException(
          "%s: no all-reduce over %d devices was measured.%nMaybe use a tensor-parallel degree of 1, 2, 4 or 8."
              .formatted(constants.hardware().name(), devices));
    }
    return time(key, new double[] {elements}, "all-reduce elements");
  }

  /** Causal attention over whole prompts. */
  KernelTime prefill(
      String attention, String kv, int headSize, int heads, int kvHeads, double batch, double s) {
    int measured = measuredHeadSize(headSize);
    double group = (double) heads / kvHeads;
    double scaled = batch * heads * headSize / measured;
    KernelTime time =
        time(
            KernelKey.prefill(attention, kv, measured),
            new double[] {Math.max(1, scaled), s, group},
            "prefill batch x heads",
            "prompt length",
            "prefill group size");
    return measured == headSize ? time : time.flagged(0.2, headSizeNote(headSize, measured));
  }

  /** One new token per sequence. */
  KernelTime decode(String kv, int headSize, int heads, int kvHeads, double batch, double context) {
    int measured = measuredHeadSize(headSize);
    double[] shape = {Math.max(1, batch * kvHeads * headSize / measured), context};
    int group = Math.max(1, heads / kvHeads);
    KernelTime time = decodeByGroup(kv, measured, group, shape);
    return measured == headSize ? time : time.flagged(0.2, headSizeNote(headSize, measured));
  }

  private KernelTime decodeByGroup(String kv, int headSize, int group, double[] shape) {
    TreeMap<Integer, String> groups = new TreeMap<>();
    for (String kernel : constants.kernels().keySet()) {
      String prefix = KernelKey.DECODE + kv + "/d" + headSize + "/g";
      if (kernel.startsWith(prefix)) {
        groups.put(Integer.parseInt(kernel.substring(prefix.length())), kernel);
      }
    }
    Map.Entry<Integer, String> below = groups.floorEntry(group);
    Map.Entry<Integer, String> above = groups.ceilingEntry(group);
    if (below != null && below.getKey() == group) {
      return decodeTime(below.getValue(), shape);
    }
    if ((below == null || above == null) && !kv.equals(BF16)) {
      return decodeByGroup(BF16, headSize, group, shape)
          .flagged(
              0.5,
              "%s cache with %d query heads per KV head was not measured: bf16 kernel's time"
                  .formatted(kv, group));
    }
    if (below == null || above == null) {
      Map.Entry<Integer, String> nearest = below == null ? above : below;
      return decodeTime(nearest.getValue(), shape)
          .times((double) group / nearest.getKey())
          .flagged(1, "%d query heads per KV head were not measured".formatted(group));
    }
    if (group > LARGEST_PACKED_GROUP && below.getKey() <= LARGEST_PACKED_GROUP) {
      return decodeTime(above.getValue(), shape)
          .flagged(0.5, "%d query heads per KV head were not measured".formatted(group));
    }
    KernelTime low = decodeTime(below.getValue(), shape);
    KernelTime high = decodeTime(above.getValue(), shape);
    double share =
        Math.log((double) group / below.getKey())
            / Math.log((double) above.getKey() / below.getKey());
    return new KernelTime(
        low.seconds() * Math.pow(high.seconds() / low.seconds(), share),
        1.5 * Math.max(low.uncertainty(), high.uncertainty()),
        low.kind().compareTo(high.kind()) >= 0 ? low.kind() : high.kind(),
        low.note() != null ? low.note() : high.note());
  }

  private KernelTime decodeTime(String kernel, double[] shape) {
    return time(kernel, shape, "decode batch x KV heads", "context");
  }

  private KernelTime time(String kernel, double[] shape, String... axes) {
    KernelTable table = tables.get(kernel);
    if (table != null) {
      OptionalDouble measured = table.micros(shape);
      if (measured.isPresent()) {
        return new KernelTime(1e-6 * measured.getAsDouble(), table.uncertainty(), Kind.TABLE, null);
      }
    }
    FittedKernel model = kernel(kernel);
    return new KernelTime(
        1e-6 * model.micros(shape),
        model.uncertainty(shape),
        Kind.MODEL,
        model.outside(shape, axes));
  }

  private FittedKernel kernel(String name) {
    FittedKernel kernel = constants.kernels().get(name);
    if (kernel == null) {
      List<String> known = new ArrayList<>(constants.kernels().keySet());
      Collections.sort(known);
      throw new InvalidInputException(
          "%s: no kernel %s was measured.%nMaybe another data type; known are %s."
              .formatted(constants.hardware().name(), name, known));
    }
    return kernel;
  }

  private static int measuredHeadSize(int headSize) {
    return headSize <= 64 ? 64 : 128;
  }

  private static String headSizeNote(int headSize, int measured) {
    return "head size %d was not measured: scaled from %d".formatted(headSize, measured);
  }
}
