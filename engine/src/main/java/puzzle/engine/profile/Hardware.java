package puzzle.engine.profile;

import puzzle.model.DType;
import puzzle.model.InvalidInputException;

/**
 * What a datasheet says of one device.
 *
 * @param bf16Flops dense bf16 operations per second
 * @param fp8Flops dense fp8 operations per second, 0 if the device has none
 * @param bandwidth memory, bytes per second
 * @param usableBytes memory a server can use
 */
public record Hardware(
    String name, double bf16Flops, double fp8Flops, double bandwidth, long usableBytes) {

  /** H100 SXM 80 GB. */
  public static final Hardware H100 =
      new Hardware("h100", 989.5e12, 1979e12, 3.35e12, 85_500_000_000L);

  /** H200 SXM: the same compute with more and faster memory. */
  public static final Hardware H200 =
      new Hardware("h200", 989.5e12, 1979e12, 4.8e12, 150_700_000_000L);

  public Hardware {
    if (!(bf16Flops > 0) || !(fp8Flops >= 0) || !(bandwidth > 0) || usableBytes <= 0) {
      throw new InvalidInputException(
          "hardware '%s' needs positive rates and memory: %s flop/s, %s B/s, %d B.%nMaybe a unit is wrong."
              .formatted(name, bf16Flops, bandwidth, usableBytes));
    }
  }

  /**
   * Dense operations per second with weights of this type.
   *
   * @throws InvalidInputException for a type without tensor-core kernels here
   */
  public double flops(DType weights) {
    return switch (weights) {
      case BF16, FP16 -> bf16Flops;
      case FP8 -> {
        if (fp8Flops == 0) {
          throw new InvalidInputException(
              name + " has no fp8 kernels.\nMaybe ask for weights in bf16.");
        }
        yield fp8Flops;
      }
      case FP32 ->
          throw new InvalidInputException(
              name + " is profiled for bf16 and fp8 weights, not fp32.\nMaybe ask for bf16.");
    };
  }
}
