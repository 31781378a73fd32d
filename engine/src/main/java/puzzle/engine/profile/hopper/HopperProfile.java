package puzzle.engine.profile.hopper;

import java.util.ArrayList;
import java.util.List;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.profile.Estimate;
import puzzle.engine.profile.Estimate.Kind;
import puzzle.engine.profile.Hardware;
import puzzle.engine.profile.HardwareProfile;
import puzzle.model.BlockCost;
import puzzle.model.DType;
import puzzle.model.Subblock;
import puzzle.model.Variant;
import puzzle.model.Workload;

/**
 * Costs on an H100 or H200 as sums of kernels (section 4.1), without the device.
 *
 * <pre>
 *   attention = norm + gemm(m, (H + 2K) d / tp, h) + attention kernel + gemm(m, h, H d / tp) + all-reduce(m h)
 *   ffn       = norm + gemm(m, 2 I / tp, h) + activation + gemm(m, h, I / tp) + all-reduce(m h)
 *   linear    = norm + gemm(m, h / tp, h) + all-reduce(m h)
 *   no-op     = 0
 *   fixed     = bf16 head + time per step + time per sequence
 * </pre>
 *
 * with m the tokens of a step: the batch when decoding, chunks of {@value #CHUNK} tokens of all
 * prompts in prefill. Decoding attends to the context at mid-generation. Kernels alone on a device
 * and kernels in a server differ: {@link ServedConstants} says how. One of the differences is that
 * tables show KV caches read faster than memory can deliver them, since a benchmark's cache partly
 * stays on the chip; a served cache is never read faster than a share of the bandwidth.
 */
public final class HopperProfile implements HardwareProfile {

  /** Tokens of prompt a server takes into one step. */
  static final int CHUNK = 8192;

  /** Share of memory bandwidth that elementwise kernels reach. */
  private static final double ELEMENTWISE_SHARE = 0.8;

  /** Bytes per hidden element of a norm: two reads and a write in bf16, one quantised write. */
  private static final double NORM_BYTES = 7;

  /** Bytes per query, key and value element of rotary positions and the cache write. */
  private static final double ROTARY_BYTES = 3;

  /** Bytes per intermediate element of the gated activation: two reads, one quantised write. */
  private static final double ACTIVATION_BYTES = 5;

  private final Hardware hardware;
  private final HopperKernels kernels;
  private final ServedConstants served;
  private final String source;
  private final double kernelBound;

  HopperProfile(HopperConstants constants, KernelSamples table, ServedConstants served) {
    this.hardware = constants.hardware();
    this.kernels = new HopperKernels(constants, table);
    this.served = served;
    this.source =
        "model of "
            + hardware.name()
            + (kernels.tabulated() > 0 ? " with " + kernels.tabulated() + " kernel tables" : "");
    this.kernelBound = constants.kernels().get(KernelKey.gemm("bfloat16")).range()[1][1];
  }

  /** The shipped model, alone. */
  public static HopperProfile shipped(Hardware hardware) {
    return withTable(hardware, new KernelSamples());
  }

  /** The shipped model behind kernel tables: where a table covers a shape the table wins. */
  public static HopperProfile withTable(Hardware hardware, KernelSamples table) {
    return new HopperProfile(HopperConstants.shipped(hardware), table, ServedConstants.shipped());
  }

  HopperProfile with(ServedConstants other) {
    return new HopperProfile(this, other);
  }

  private HopperProfile(HopperProfile base, ServedConstants served) {
    this.hardware = base.hardware;
    this.kernels = base.kernels;
    this.served = served;
    this.source = base.source;
    this.kernelBound = base.kernelBound;
  }

  @Override
  public String name() {
    return hardware.name();
  }

  @Override
  public Hardware hardware() {
    return hardware;
  }

  @Override
  public Estimate cost(DecoderConfig model, Variant variant, Workload workload) {
    DeviceShare share = new DeviceShare(model, workload);
    if (variant.form() == Variant.Form.NO_OP) {
      return Estimate.nothing(Kind.MODEL, source);
    }
    Sum prefill = new Sum();
    Sum decode = new Sum();
    double tokens = (double) workload.batch() * workload.prefillTokens();
    double chunk = Math.min(CHUNK, tokens);
    double chunks = tokens / chunk;
    if (variant.form() == Variant.Form.LINEAR) {
      linear(prefill, share, chunk, chunks);
      linear(decode, share, workload.batch(), 1);
    } else if (variant.subblock() == Subblock.FFN) {
      ffn(prefill, share, variant.size(), chunk, chunks);
      ffn(decode, share, variant.size(), workload.batch(), 1);
    } else {
      share.requireKvHeads(variant.size());
      projections(prefill, share, variant.size(), chunk, chunks);
      projections(decode, share, variant.size(), workload.batch(), 1);
      decode.elementwise(ROTARY_BYTES * workload.batch() * share.qkv(variant.size()), 1);
      prefillAttention(prefill, share, variant.size());
      decodeAttention(decode, share, variant.size());
    }
    return estimate(
        prefill, decode, share.bytes(variant), share.kvBytes(variant), model.params(variant));
  }

  @Override
  public Estimate fixed(DecoderConfig model, Workload workload) {
    DeviceShare share = new DeviceShare(model, workload);
    Sum prefill = new Sum();
    Sum decode = new Sum();
    double tokens = (double) workload.batch() * workload.prefillTokens();
    double perSequence = served.sequenceSeconds() * workload.batch();
    head(prefill, share);
    head(decode, share);
    prefill.seconds += served.stepSeconds() * Math.max(1, tokens / CHUNK);
    decode.seconds += served.stepSeconds() + perSequence;
    String unlike = unlikeFit(workload);
    if (unlike != null) {
      decode.notes.add(unlike);
    }
    long params = model.fixedParams();
    return estimate(prefill, decode, DeviceShare.BF16_BYTES * params, 0, params);
  }

  @Override
  public double throughputUncertainty(DecoderConfig model, Workload workload) {
    return served.uncertainty() * (unlikeFit(workload) == null ? 1 : 1.5);
  }

  /** How the workload differs from those that whole-model constants were fitted to, or null. */
  String unlikeFit(Workload workload) {
    List<String> unlike = new ArrayList<>();
    if (hardware != Hardware.H100) {
      unlike.add(hardware.name());
    }
    if (workload.weights() != DType.FP8) {
      unlike.add("bf16 weights");
    }
    if (workload.tensorParallel() > 4) {
      unlike.add(workload.tensorParallel() + " devices");
    }
    return unlike.isEmpty()
        ? null
        : "whole-model constants were fitted on h100, fp8, 1 to 4 devices; this is "
            + String.join(", ", unlike);
  }

  private void linear(Sum to, DeviceShare share, double m, double times) {
    to.elementwise(NORM_BYTES * m * share.hidden, times);
    to.gemm(share, m, Math.ceil(share.hidden / share.devices), share.hidden, times);
    to.allReduce(share, m, times);
  }

  private void ffn(Sum to, DeviceShare share, int width, double m, double times) {
    double own = Math.ceil(width / share.devices);
    to.elementwise(NORM_BYTES * m * share.hidden, times);
    to.gemm(share, m, 2 * own, share.hidden, times);
    to.elementwise(ACTIVATION_BYTES * m * own, times);
    to.gemm(share, m, share.hidden, own, times);
    to.allReduce(share, m, times);
  }

  private void projections(Sum to, DeviceShare share, int kvHeads, double m, double times) {
    to.elementwise(NORM_BYTES * m * share.hidden, times);
    to.gemm(share, m, share.qkv(kvHeads), share.hidden, times);
    to.gemm(share, m, share.hidden, (double) share.heads * share.headSize, times);
    to.allReduce(share, m, times);
  }

  /** As many whole prompts at once as a chunk takes. */
  private void prefillAttention(Sum to, DeviceShare share, int kvHeads) {
    int length = share.workload.prefillTokens();
    double batch = share.workload.batch();
    double together = Math.max(1, Math.min(batch, Math.floor((double) CHUNK / length)));
    KernelTime time =
        kernels.prefill(
            share.attentionType,
            share.kvType,
            share.headSize,
            share.heads,
            share.ownKvHeads(kvHeads),
            together,
            length);
    to.add(time.times(served.prefillFactor()), batch / together);
  }

  private void decodeAttention(Sum to, DeviceShare share, int kvHeads) {
    Workload w = share.workload;
    double context = w.prefillTokens() + w.generationTokens() / 2.0;
    int own = share.ownKvHeads(kvHeads);
    KernelTime alone =
        kernels.decode(share.kvType, share.headSize, share.heads, own, w.batch(), context);
    double bytes = 2.0 * w.batch() * context * own * share.headSize * w.kvCache().bytes();
    double floor = bytes / (hardware.bandwidth() * served.cacheBandwidthShare());
    to.add(alone.seconds() >= floor ? alone : alone.withSeconds(floor), 1);
  }

  private void head(Sum to, DeviceShare share) {
    double columns = Math.ceil(share.model.vocabSize() / share.devices);
    to.product(HopperKernels.BF16, share.workload.batch(), columns, share.hidden, 1);
  }

  private Estimate estimate(Sum prefill, Sum decode, long bytes, long kvBytes, long params) {
    Sum both = new Sum();
    both.merge(prefill);
    both.merge(decode);
    return new Estimate(
        new BlockCost(prefill.seconds, decode.seconds, bytes, kvBytes, params),
        Math.hypot(served.uncertainty(), Math.max(prefill.uncertainty(), decode.uncertainty())),
        both.kind,
        source,
        both.notes);
  }

  /** Kernels of one phase, added up. */
  private final class Sum {
    private double seconds;
    private double weighted;
    private Kind kind = Kind.TABLE;
    private final List<String> notes = new ArrayList<>();

    void add(KernelTime time, double times) {
      seconds += time.seconds() * times;
      weighted += time.seconds() * times * time.uncertainty();
      kind = kind.compareTo(time.kind()) >= 0 ? kind : time.kind();
      if (time.note() != null && !notes.contains(time.note())) {
        notes.add(time.note());
      }
    }

    /**
     * No table holds these, and their error is in that of whole models: kind and error of others.
     */
    void elementwise(double bytes, double times) {
      double each =
          served.elementwiseSeconds() + bytes / (ELEMENTWISE_SHARE * hardware.bandwidth());
      add(new KernelTime(each, 0, Kind.TABLE, null), times);
    }

    void gemm(DeviceShare share, double m, double n, double k, double times) {
      product(share.weightType, m, n, k, times);
    }

    /** A product wider than any measured is several side by side. */
    void product(String type, double m, double n, double k, double times) {
      double pieces = Math.ceil(n / kernelBound);
      KernelTime alone = kernels.gemm(type, m, n / pieces, k);
      boolean fp8 = type.equals(HopperKernels.FP8);
      double fused = kernels.fusable(type, m, k);
      double launch = fp8 ? served.fp8LaunchSeconds() : fused;
      double quantise = fp8 ? served.quantiseShare() * kernels.quantise(type, m, k) : 0;
      double work = Math.max(0, alone.seconds() - fused) * served.gemmFactor();
      add(alone.withSeconds(launch + quantise + work), times * pieces);
    }

    void allReduce(DeviceShare share, double m, double times) {
      if (share.devices > 1) {
        KernelTime alone = kernels.allReduce((int) share.devices, m * share.hidden);
        double doublings = Math.log(share.devices) / Math.log(2);
        double whole =
            alone.seconds() * served.allReduceFactor() + served.allReduceSeconds() * doublings;
        add(alone.withSeconds(whole), times);
      }
    }

    void merge(Sum other) {
      seconds += other.seconds;
      weighted += other.weighted;
      kind = kind.compareTo(other.kind) >= 0 ? kind : other.kind;
      other.notes.stream().filter(n -> !notes.contains(n)).forEach(notes::add);
    }

    double uncertainty() {
      return seconds > 0 ? weighted / seconds : 0;
    }
  }
}
