package puzzle.engine.profile;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.List;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.SubblockWeights;
import puzzle.model.Subblock;
import puzzle.model.Variant;

/**
 * Copies of one variant, one in each place of the workbench, run one after the other. A single copy
 * run again and again would find its weights in the processor's caches, which a whole model's
 * layers do not.
 */
final class VariantStack {

  private final Workbench bench;
  private final Variant variant;
  private final List<SubblockWeights> copies = new ArrayList<>();
  private final List<Decoder.KvCache> caches = new ArrayList<>();

  VariantStack(Workbench bench, Variant variant) {
    this.bench = bench;
    this.variant = variant;
    for (int i = 0; i < bench.places(); i++) {
      copies.add(bench.weights(i, variant));
      caches.add(attends() ? bench.cache(i, variant) : null);
    }
  }

  private boolean attends() {
    return variant.subblock() == Subblock.ATTENTION;
  }

  int depth() {
    return copies.size();
  }

  /**
   * Runs a prompt through some copies, as many sequences at a time as pass at once.
   *
   * @return the last sequences' states
   */
  NDArray prefill(NDArray[] passes, int depth) {
    NDArray y = null;
    int from = 0;
    for (NDArray pass : passes) {
      y = pass;
      int count = (int) pass.getShape().get(0);
      for (int i = 0; i < depth; i++) {
        y =
            attends()
                ? bench
                    .functions()
                    .prefill(copies.get(i), y, Workbench.of(caches.get(i), from, count))
                : bench.functions().ffn(copies.get(i), y);
      }
      from += count;
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
    NDArray y = x;
    long nanos = 0;
    for (int i = 0; i < copies.size(); i++) {
      if (!attends()) {
        y = settled(others.decode(i, y, position));
      }
      long start = System.nanoTime();
      y = settled(decode(i, y, position));
      nanos += System.nanoTime() - start;
      if (attends()) {
        y = settled(others.decode(i, y, position));
      }
    }
    return nanos * 1e-9;
  }

  private NDArray decode(int copy, NDArray x, NDArray position) {
    return attends()
        ? bench.functions().decode(copies.get(copy), x, caches.get(copy), position)
        : bench.functions().ffn(copies.get(copy), x);
  }

  /** A processor has computed what a call returns; other devices are waited for. */
  private static NDArray settled(NDArray result) {
    if (result.getDevice().isGpu()) {
      LiveProfiler.finish(result);
    }
    return result;
  }
}
