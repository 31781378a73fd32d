package puzzle.model;

/**
 * What one subblock, block or model costs for one workload on one kind of hardware (section 4.1).
 * Costs add over subblocks.
 *
 * @param prefillSeconds the whole batch's prompt
 * @param decodeSeconds one generated token for the whole batch, at mid-generation context
 * @param weightBytes parameters as served
 * @param kvBytes KV cache of the whole batch at full sequence length
 * @param params number of parameters
 */
public record BlockCost(
    double prefillSeconds, double decodeSeconds, long weightBytes, long kvBytes, long params) {

  public static final BlockCost ZERO = new BlockCost(0, 0, 0, 0, 0);

  public BlockCost {
    if (!(prefillSeconds >= 0 && prefillSeconds < Double.POSITIVE_INFINITY)
        || !(decodeSeconds >= 0 && decodeSeconds < Double.POSITIVE_INFINITY)
        || weightBytes < 0
        || kvBytes < 0
        || params < 0) {
      throw new IllegalArgumentException(
          "a cost is finite and not negative: prefill %s s, decode %s s, %d + %d bytes, %d parameters"
              .formatted(prefillSeconds, decodeSeconds, weightBytes, kvBytes, params));
    }
  }

  public BlockCost plus(BlockCost other) {
    return new BlockCost(
        prefillSeconds + other.prefillSeconds,
        decodeSeconds + other.decodeSeconds,
        weightBytes + other.weightBytes,
        kvBytes + other.kvBytes,
        params + other.params);
  }

  /** Time of the whole workload: prompt, then every generated token, seconds. */
  public double runtimeSeconds(Workload workload) {
    return prefillSeconds + workload.generationTokens() * decodeSeconds;
  }

  public long memoryBytes() {
    return weightBytes + kvBytes;
  }
}
