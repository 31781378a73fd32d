package puzzle.engine.profile;

import puzzle.engine.decoder.DecoderConfig;
import puzzle.model.BlockCost;
import puzzle.model.Variant;
import puzzle.model.Workload;

/** Bytes of parameters and KV cache (section 4.1), counted from shapes and served types. */
public final class CountedCost {

  private CountedCost() {}

  /** Cost of a variant that takes these times. */
  public static BlockCost cost(
      DecoderConfig config,
      Variant variant,
      Workload workload,
      double prefillSeconds,
      double decodeSeconds) {
    long params = config.params(variant);
    long kv = config.kvElementsPerToken(variant);
    return new BlockCost(
        prefillSeconds,
        decodeSeconds,
        params * workload.weights().bytes(),
        kv * workload.kvCache().bytes() * workload.batch() * workload.sequenceTokens(),
        params);
  }

  /** Cost of what lies outside the layers: embedding, final norm, head. */
  public static BlockCost fixed(
      DecoderConfig config, Workload workload, double prefillSeconds, double decodeSeconds) {
    long params = config.fixedParams();
    return new BlockCost(
        prefillSeconds, decodeSeconds, params * workload.weights().bytes(), 0, params);
  }
}
