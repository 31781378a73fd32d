package puzzle.engine.profile.hopper;

import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.SubblockKind;
import puzzle.engine.decoder.TensorLayout;
import puzzle.engine.decoder.TensorSpec;
import puzzle.model.DType;
import puzzle.model.InvalidInputException;
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
  final String weightType;
  final String kvType;
  final String attentionType;

  DeviceShare(DecoderConfig model, Workload workload) {
    this.model = model;
    this.workload = workload;
    this.devices = workload.tensorParallel();
    this.hidden = model.hiddenSize();
    if (model.heads() % workload.tensorParallel() != 0) {
      throw new InvalidInputException(
          "%d heads cannot be split over %d devices.%nMaybe use a smaller tensor-parallel degree."
              .formatted(model.heads(), workload.tensorParallel()));
    }
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

  /** Weights over all devices as served: matrices in the weight type, the rest in bf16. */
  long bytes(Variant variant) {
    long matrices = 0;
    long others = 0;
    for (TensorSpec tensor : TensorLayout.of(model, variant).values()) {
      if (tensor.isMatrix()) {
        matrices += tensor.elements();
      } else {
        others += tensor.elements();
      }
    }
    matrices += SubblockKind.of(variant).copiedElements(model, variant, workload.tensorParallel());
    return matrices * workload.weights().bytes() + BF16_BYTES * others;
  }

  long kvBytes(Variant variant) {
    return SubblockKind.of(variant).kvElementsPerToken(model, variant, workload.tensorParallel())
        * workload.kvCache().bytes()
        * workload.batch()
        * workload.sequenceTokens();
  }
}
