package puzzle.engine.profile.hopper;

import java.util.ArrayList;
import java.util.List;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.Launches;
import puzzle.engine.decoder.SubblockKind;
import puzzle.engine.profile.Estimate;
import puzzle.engine.profile.Estimate.Kind;
import puzzle.engine.profile.Hardware;
import puzzle.engine.profile.HardwareProfile;
import puzzle.model.BlockCost;
import puzzle.model.DType;
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
    if (variant.isNoOp()) {
      return Estimate.nothing(Kind.MODEL, source);
    }
    Prefill prefill = new Prefill(share);
    Decode decode = new Decode(share);
    SubblockKind kind = SubblockKind.of(variant);
    kind.launch(model, variant, workload.tensorParallel(), prefill);
    kind.launch(model, variant, workload.tensorParallel(), decode);
    return estimate(
        prefill.sum,
        decode.sum,
        share.bytes(variant),
        share.kvBytes(variant),
        model.params(variant));
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

  /** What the kernels of one subblock take on one device, in a step of {@code m} tokens. */
  private abstract class Pass implements Launches {
    final Sum sum = new Sum();
    final DeviceShare share;
    private final double m;
    private final double times;

    /**
     * @param times so many steps
     */
    Pass(DeviceShare share, double m, double times) {
      this.share = share;
      this.m = m;
      this.times = times;
    }

    @Override
    public void norm() {
      sum.elementwise(NORM_BYTES * m * share.hidden, times);
    }

    @Override
    public void gemm(long n, long k) {
      sum.product(share.weightType, m, n, k, times);
    }

    @Override
    public void activation(long width) {
      sum.elementwise(ACTIVATION_BYTES * m * width, times);
    }

    @Override
    public void allReduce() {
      sum.allReduce(share, m, times);
    }
  }

  /** The prompts, in chunks. */
  private final class Prefill extends Pass {

    Prefill(DeviceShare share) {
      super(share, chunk(share.workload), tokens(share.workload) / chunk(share.workload));
    }

    private static double tokens(Workload w) {
      return (double) w.batch() * w.prefillTokens();
    }

    private static double chunk(Workload w) {
      return Math.min(CHUNK, tokens(w));
    }

    /** Part of what was measured as attention. */
    @Override
    public void rotary(long channels) {}

    /** As many whole prompts at once as a chunk takes. */
    @Override
    public void attention(int heads, int kvHeads) {
      int length = share.workload.prefillTokens();
      double batch = share.workload.batch();
      double together = Math.max(1, Math.min(batch, Math.floor((double) CHUNK / length)));
      KernelTime time =
          kernels.prefill(
              share.attentionType,
              share.kvType,
              share.model.headSize(),
              heads,
              kvHeads,
              together,
              length);
      sum.add(time.times(served.prefillFactor()), batch / together);
    }
  }

  /** One token of each sequence, at mid-generation. */
  private final class Decode extends Pass {

    Decode(DeviceShare share) {
      super(share, share.workload.batch(), 1);
    }

    @Override
    public void rotary(long channels) {
      sum.elementwise(ROTARY_BYTES * share.workload.batch() * channels, 1);
    }

    @Override
    public void attention(int heads, int kvHeads) {
      Workload w = share.workload;
      int headSize = share.model.headSize();
      double context = w.prefillTokens() + w.generationTokens() / 2.0;
      KernelTime alone = kernels.decode(share.kvType, headSize, heads, kvHeads, w.batch(), context);
      double bytes = 2.0 * w.batch() * context * kvHeads * headSize * w.kvCache().bytes();
      double floor = bytes / (hardware.bandwidth() * served.cacheBandwidthShare());
      sum.add(alone.seconds() >= floor ? alone : alone.withSeconds(floor), 1);
    }
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
