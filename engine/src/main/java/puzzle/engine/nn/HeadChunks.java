package puzzle.engine.nn;

/**
 * How many tokens go through a head at once. Logits of a corpus are never kept, and those of a
 * batch over a large vocabulary are the largest tensors there are (128,256 words of 4 bytes for
 * each token): they exist a chunk of tokens at a time. The size is a function of the vocabulary
 * alone, so that no result depends on a machine's memory.
 */
public final class HeadChunks {

  /** Logits of a chunk: 64 MiB in fp32. */
  public static final long LOGITS = 1L << 24;

  /** Work on some consecutive tokens. */
  public interface Work {
    void run(long first, int count);
  }

  private HeadChunks() {}

  /** Tokens of a chunk; one at least. */
  public static int tokens(int vocabulary) {
    return (int) Math.max(1, LOGITS / vocabulary);
  }

  /** Bytes of a chunk's logits in fp32, of {@code tokens} in all. */
  public static long bytes(int vocabulary, long tokens) {
    return Math.min(tokens, tokens(vocabulary)) * vocabulary * Float.BYTES;
  }

  /** Goes through all tokens in order; only the last chunk may be smaller. */
  public static void forEach(int vocabulary, long tokens, Work work) {
    inChunks(tokens(vocabulary), tokens, work);
  }

  /**
   * @param most tokens of a chunk
   */
  static void inChunks(int most, long tokens, Work work) {
    for (long first = 0; first < tokens; first += most) {
      work.run(first, (int) Math.min(most, tokens - first));
    }
  }
}
