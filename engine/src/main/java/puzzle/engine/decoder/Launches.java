package puzzle.engine.decoder;

/**
 * The kernels that one subblock launches on one device, told in the order in which their costs are
 * added up. A cost model implements what each of them costs.
 */
public interface Launches {

  /** RMS norm of the hidden state. */
  void norm();

  /** [tokens, k] times [k, n]. */
  void gemm(long n, long k);

  /** The gated activation of an FFN. */
  void activation(long width);

  /** Rotary positions, and the write to the KV cache, of all channels of queries, keys, values. */
  void rotary(long channels);

  /** Softmax attention to the KV cache. */
  void attention(int heads, int kvHeads);

  /** Sums the hidden state over the devices; nothing on one. */
  void allReduce();
}
