package puzzle.engine.profile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.RandomWeights;
import puzzle.engine.decoder.TensorLayout;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.SubblockWeights;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.Subblock;
import puzzle.model.Variant;
import puzzle.model.Workload;

/**
 * Several copies of one variant, each with weights and KV cache of its own, run one after the
 * other. A single copy run again and again would find its weights in the processor's caches, which
 * a whole model's layers do not.
 */
final class VariantStack {

  private final Decoder functions;
  private final Variant variant;
  private final List<SubblockWeights> copies = new ArrayList<>();
  private final List<Decoder.KvCache> caches = new ArrayList<>();

  VariantStack(Decoder functions, Variant variant, int depth, Workload workload, long seed) {
    this.functions = functions;
    this.variant = variant;
    NDManager manager = functions.manager();
    DecoderConfig config = functions.config();
    Block own = config.parentBlock();
    Block block =
        variant.subblock() == Subblock.ATTENTION
            ? new Block(variant, own.ffn())
            : new Block(own.attention(), variant);
    RandomWeights weights =
        new RandomWeights(config.with(Architecture.uniform(block, depth)), seed);
    for (int i = 0; i < depth; i++) {
      String prefix = TensorLayout.prefix(i);
      copies.add(
          SubblockWeights.create(manager, config, variant, name -> weights.fp32(prefix + name)));
      caches.add(
          variant.subblock() == Subblock.ATTENTION
              ? functions.cache(variant, manager, workload.batch(), workload.sequenceTokens())
              : null);
    }
  }

  int depth() {
    return copies.size();
  }

  /** Runs a prompt through all copies. */
  NDArray prefill(NDArray x) {
    NDArray y = x;
    for (int i = 0; i < copies.size(); i++) {
      y =
          variant.subblock() == Subblock.ATTENTION
              ? functions.prefill(copies.get(i), y, caches.get(i))
              : functions.ffn(copies.get(i), y);
    }
    return y;
  }

  /**
   * Runs one token per sequence through all copies, each between the other halves of its layer.
   *
   * @param others a stack of the other subblock, as deep as this one; its time does not count
   * @return seconds of this stack's copies alone
   */
  double decodeSeconds(VariantStack others, NDArray x, NDArray position) {
    boolean attention = variant.subblock() == Subblock.ATTENTION;
    NDArray y = x;
    long nanos = 0;
    for (int i = 0; i < copies.size(); i++) {
      if (!attention) {
        y = settled(others.decode(i, y, position));
      }
      long start = System.nanoTime();
      y = settled(decode(i, y, position));
      nanos += System.nanoTime() - start;
      if (attention) {
        y = settled(others.decode(i, y, position));
      }
    }
    return nanos * 1e-9;
  }

  private NDArray decode(int copy, NDArray x, NDArray position) {
    return variant.subblock() == Subblock.ATTENTION
        ? functions.decode(copies.get(copy), x, caches.get(copy), position)
        : functions.ffn(copies.get(copy), x);
  }

  /** A processor has computed what a call returns; other devices are waited for. */
  private static NDArray settled(NDArray result) {
    if (result.getDevice().isGpu()) {
      LiveProfiler.finish(result);
    }
    return result;
  }
}
