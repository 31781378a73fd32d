package puzzle.engine.profile;

import puzzle.model.Workload;

/**
 * What a server delivers with one model.
 *
 * @param workload with the batch that was chosen
 * @param total the whole model
 * @param tokensPerSecond generated tokens over all devices
 * @param maxBatch largest batch that fits, 0 if the model does not fit at all
 * @param kvBytesPerToken over all devices and layers
 * @param uncertainty relative half width of the 90 % interval of the throughput
 */
public record Throughput(
    Workload workload,
    Estimate total,
    double tokensPerSecond,
    int maxBatch,
    double kvBytesPerToken,
    double uncertainty) {

  public double tokensPerSecondPerDevice() {
    return tokensPerSecond / workload.tensorParallel();
  }

  /** False if the batch needs more memory than the devices have. */
  public boolean fits() {
    return workload.batch() <= maxBatch;
  }
}
