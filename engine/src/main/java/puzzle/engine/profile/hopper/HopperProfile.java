package puzzle.engine.profile.hopper;

import java.util.ArrayList;
import java.util.List;
import puzzle.engine.InvalidInputException;
import puzzle.engine.nn.DecoderConfig;
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

  private static final int FIXED_BYTES = 2;

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
    Split split = new Split(model, workload);
    if (variant.form() == Variant.Form.NO_OP) {
      return Estimate.nothing(Kind.MODEL, source);
    }
    Sum prefill = new Sum();
    Sum decode = new Sum();
    double tokens = (double) workload.batch() * workload.prefillTokens();
    double chunk = Math.min(CHUNK, tokens);
    double chunks = tokens / chunk;
    if (variant.form() == Variant.Form.LINEAR) {
      linear(prefill, split, chunk, chunks);
      linear(decode, split, workload.batch(), 1);
    } else if (variant.subblock() == Subblock.FFN) {
      ffn(prefill, split, variant.size(), chunk, chunks);
      ffn(decode, split, variant.size(), workload.batch(), 1);
    } else {
      split.requireKvHeads(variant.size());
      projections(prefill, split, variant.size(), chunk, chunks);
      projections(decode, split, variant.size(), workload.batch(), 1);
      decode.elementwise(ROTARY_BYTES * workload.batch() * split.qkv(variant.size()), 1);
      prefillAttention(prefill, split, variant.size());
      decodeAttention(decode, split, variant.size());
    }
    return estimate(
        prefill, decode, split.bytes(variant), split.kvBytes(variant), model.params(variant));
  }

  @Override
  public Estimate fixed(DecoderConfig model, Workload workload) {
    Split split = new Split(model, workload);
    Sum prefill = new Sum();
    Sum decode = new Sum();
    double tokens = (double) workload.batch() * workload.prefillTokens();
    double perSequence = served.sequenceSeconds() * workload.batch();
    head(prefill, split);
    head(decode, split);
    prefill.seconds += served.stepSeconds() * Math.max(1, tokens / CHUNK);
    decode.seconds += served.stepSeconds() + perSequence;
    String unlike = unlikeFit(workload);
    if (unlike != null) {
      decode.notes.add(unlike);
    }
    long params = model.fixedParams();
    return estimate(prefill, decode, FIXED_BYTES * params, 0, params);
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

  private void linear(Sum to, Split split, double m, double times) {
    to.elementwise(NORM_BYTES * m * split.hidden, times);
    to.gemm(split, m, Math.ceil(split.hidden / split.devices), split.hidden, times);
    to.allReduce(split, m, times);
  }

  private void ffn(Sum to, Split split, int width, double m, double times) {
    double own = Math.ceil(width / split.devices);
    to.elementwise(NORM_BYTES * m * split.hidden, times);
    to.gemm(split, m, 2 * own, split.hidden, times);
    to.elementwise(ACTIVATION_BYTES * m * own, times);
    to.gemm(split, m, split.hidden, own, times);
    to.allReduce(split, m, times);
  }

  private void projections(Sum to, Split split, int kvHeads, double m, double times) {
    to.elementwise(NORM_BYTES * m * split.hidden, times);
    to.gemm(split, m, split.qkv(kvHeads), split.hidden, times);
    to.gemm(split, m, split.hidden, (double) split.heads * split.headSize, times);
    to.allReduce(split, m, times);
  }

  /** As many whole prompts at once as a chunk takes. */
  private void prefillAttention(Sum to, Split split, int kvHeads) {
    int length = split.workload.prefillTokens();
    double batch = split.workload.batch();
    double together = Math.max(1, Math.min(batch, Math.floor((double) CHUNK / length)));
    KernelTime time =
        kernels.prefill(
            split.attentionType,
            split.kvType,
            split.headSize,
            split.heads,
            split.ownKvHeads(kvHeads),
            together,
            length);
    to.add(time.times(served.prefillFactor()), batch / together);
  }

  private void decodeAttention(Sum to, Split split, int kvHeads) {
    Workload w = split.workload;
    double context = w.prefillTokens() + w.generationTokens() / 2.0;
    int own = split.ownKvHeads(kvHeads);
    KernelTime alone =
        kernels.decode(split.kvType, split.headSize, split.heads, own, w.batch(), context);
    double bytes = 2.0 * w.batch() * context * own * split.headSize * w.kvCache().bytes();
    double floor = bytes / (hardware.bandwidth() * served.cacheBandwidthShare());
    to.add(alone.seconds() >= floor ? alone : alone.withSeconds(floor), 1);
  }

  private void head(Sum to, Split split) {
    double columns = Math.ceil(split.model.vocabSize() / split.devices);
    to.product(HopperKernels.BF16, split.workload.batch(), columns, split.hidden, 1);
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

    void gemm(Split split, double m, double n, double k, double times) {
      product(split.weightType, m, n, k, times);
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

    void allReduce(Split split, double m, double times) {
      if (split.devices > 1) {
        KernelTime alone = kernels.allReduce((int) split.devices, m * split.hidden);
        double whole = alone.seconds() * served.allReduceFactor() + served.allReduceSeconds();
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

  /** One device's share of a model. */
  private static final class Split {
    private final DecoderConfig model;
    private final Workload workload;
    private final double devices;
    private final double hidden;
    private final int heads;
    private final int headSize;
    private final String weightType;
    private final String kvType;
    private final String attentionType;

    Split(DecoderConfig model, Workload workload) {
      this.model = model;
      this.workload = workload;
      this.devices = workload.tensorParallel();
      this.hidden = model.hiddenSize();
      this.headSize = model.headSize();
      if (model.heads() % workload.tensorParallel() != 0) {
        throw new InvalidInputException(
            "%d heads cannot be split over %d devices.%nMaybe use a smaller tensor-parallel degree."
                .formatted(model.heads(), workload.tensorParallel()));
      }
      this.heads = model.heads() / workload.tensorParallel();
      this.weightType = type("weights", workload.weights());
      this.kvType = type("KV cache", workload.kvCache());
      boolean fp8 = weightType.equals(HopperKernels.FP8) && kvType.equals(HopperKernels.FP8);
      this.attentionType = fp8 ? HopperKernels.FP8 : HopperKernels.BF16;
    }

    private static String type(String what, DType type) {
      return switch (type) {
        case BF16, FP16 -> HopperKernels.BF16;
        case FP8 -> HopperKernels.FP8;
        case FP32 ->
            throw new InvalidInputException(
                "%s in fp32 were not measured on Hopper.%nMaybe use bf16 or fp8.".formatted(what));
      };
    }

    void requireKvHeads(int kvHeads) {
      int tp = workload.tensorParallel();
      if (model.heads() % kvHeads != 0 || (kvHeads >= tp ? kvHeads % tp : tp % kvHeads) != 0) {
        throw new InvalidInputException(
            "%d KV heads do not go into %d heads on %d devices.%nMaybe use a divisor of the heads."
                .formatted(kvHeads, model.heads(), tp));
      }
    }

    /** Each device keeps at least one. */
    int ownKvHeads(int kvHeads) {
      return Math.max(1, kvHeads / workload.tensorParallel());
    }

    double qkv(int kvHeads) {
      return (heads + 2.0 * ownKvHeads(kvHeads)) * headSize;
    }

    /** Weights over all devices as served: matrices in the weight type, the rest in bf16. */
    long bytes(Variant variant) {
      long h = model.hiddenSize();
      long params = model.params(variant);
      long matrices =
          switch (variant.form()) {
            case NO_OP -> 0;
            case LINEAR -> h * h;
            case SIZED ->
                variant.subblock() == Subblock.FFN
                    ? 3 * h * variant.size()
                    : 2 * h * headSize * (model.heads() + (long) variant.size());
          };
      long copies =
          variant.subblock() == Subblock.ATTENTION && variant.form() == Variant.Form.SIZED
              ? 2 * h * headSize * (servedKvHeads(variant) - variant.size())
              : 0;
      return (matrices + copies) * workload.weights().bytes() + FIXED_BYTES * (params - matrices);
    }

    long kvBytes(Variant variant) {
      return variant.subblock() != Subblock.ATTENTION || variant.form() != Variant.Form.SIZED
          ? 0
          : 2L
              * servedKvHeads(variant)
              * headSize
              * workload.kvCache().bytes()
              * workload.batch()
              * workload.sequenceTokens();
    }

    private long servedKvHeads(Variant variant) {
      return Math.max(variant.size(), workload.tensorParallel());
    }
  }
}
