package puzzle.engine.profile;

import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.SubblockKind;
import puzzle.model.Block;
import puzzle.model.Subblock;
import puzzle.model.Variant;
import puzzle.model.Workload;

/**
 * What fits on a device: weights, a server's own memory, activations, and KV cache in what is left.
 *
 * <p>Per device: a tensor-parallel share of weights, embedding and head; about 1 GB of server, 0.4
 * GB more for communication buffers; activations of the tokens a step may hold; 95 % of the rest is
 * KV cache. Each device keeps at least one KV head of every layer.
 */
public final class MemoryModel {

  private static final double SERVER_BYTES = 1e9;
  private static final double COMMUNICATION_BYTES = 0.4e9;
  private static final double CACHE_SHARE = 0.95;
  private static final int FEWEST_STEP_TOKENS = 2048;
  private static final int MOST_STEP_TOKENS = 32768;

  private MemoryModel() {}

  /** Bytes of one device that weights and KV cache cannot use, at a batch. */
  public static double workspaceBytes(DecoderConfig model, Workload workload, int batch) {
    double tokens = batch * (1 + (double) workload.prefillTokens() / workload.generationTokens());
    double stepTokens = Math.max(FEWEST_STEP_TOKENS, Math.min(MOST_STEP_TOKENS, tokens));
    int tp = workload.tensorParallel();
    double perElement = tp == 1 ? 11 : tp == 2 ? 6.5 : 5;
    return SERVER_BYTES
        + (tp > 1 ? COMMUNICATION_BYTES : 0)
        + 2 * stepTokens * model.hiddenSize() * perElement;
  }

  /**
   * The largest batch whose weights, workspace and full-length KV caches fit, at most {@code cap};
   * 0 if not even one sequence fits. The batch of {@code workload} is not looked at.
   *
   * @param weightBytes over all devices, fixed part included
   */
  public static int maxBatch(
      DecoderConfig model, Workload workload, long weightBytes, Hardware hardware, int cap) {
    double perDevice = (double) weightBytes / workload.tensorParallel();
    double perSequence = kvBytesPerToken(model, workload) * workload.sequenceTokens();
    int low = 0;
    int high = cap;
    while (low < high) {
      int batch = (low + high + 1) >>> 1;
      double rest = hardware.usableBytes() - perDevice - workspaceBytes(model, workload, batch);
      if (batch * perSequence / workload.tensorParallel() <= CACHE_SHARE * rest) {
        low = batch;
      } else {
        high = batch - 1;
      }
    }
    return low;
  }

  /** KV cache of one token over all devices and layers, bytes. */
  public static double kvBytesPerToken(DecoderConfig model, Workload workload) {
    double sum = 0;
    for (Block block : model.architecture().blocks()) {
      for (Subblock subblock : Subblock.values()) {
        Variant variant = block.get(subblock);
        long elements =
            SubblockKind.of(variant).kvElementsPerToken(model, variant, workload.tensorParallel());
        sum += (double) elements * workload.kvCache().bytes();
      }
    }
    return sum;
  }
}
