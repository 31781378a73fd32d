package puzzle.engine.profile.hopper;

import puzzle.engine.decoder.DecoderConfig;
import puzzle.model.DType;
import puzzle.model.InvalidInputException;
import puzzle.model.Subblock;
import puzzle.model.Variant;
import puzzle.model.Workload;

/** One device's share of a model. */
final class DeviceShare {

  /** Norms and biases, embedding and head are served in bf16. */
  static final int BF16_BYTES = 2;

  final DecoderConfig model;
  final Workload workload;
  final double devices;
  final double hidden;
  final int heads;
  final int headSize;
  final String weightType;
  final String kvType;
  final String attentionType;

  DeviceShare(DecoderConfig model, Workload workload) {
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
    return (matrices + copies) * workload.weights().bytes() + BF16_BYTES * (params - matrices);
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
