package puzzle.engine.data;

/**
 * How documents become sequences.
 *
 * @param length tokens per sequence
 * @param vocabSize of the model: a token id that is not below it is an error
 * @param special what stands before and after a document
 * @param apart true if a sequence is of one document: it begins as a document does, and what does
 *     not fill one is left out
 * @param validationShare of the documents, never trained on
 * @param splitSeed decides which documents those are: the same for whatever is compared
 * @param seed decides the order of all else
 */
public record Packing(
    int length,
    int vocabSize,
    SpecialTokens special,
    boolean apart,
    double validationShare,
    long splitSeed,
    long seed) {

  /** One split for all runs and for pretraining: what is held out is held out from everything. */
  public static final long SPLIT_SEED = 0;

  public Packing {
    if (length < 2 || !(validationShare >= 0 && validationShare < 1)) {
      throw new IllegalArgumentException(
          "no packing: length %s, validation share %s".formatted(length, validationShare));
    }
  }

  /** Documents end to end with a separator after each. */
  public Packing(
      int length, int vocabSize, int separator, double validationShare, long splitSeed, long seed) {
    this(
        length,
        vocabSize,
        new SpecialTokens(-1, separator, "none", "given"),
        false,
        validationShare,
        splitSeed,
        seed);
  }

  /** True if a document is held out. A copy of it is, too. */
  boolean held(String text) {
    double share = (hash(text, splitSeed ^ 0x5eed5eed5eed5eedL) >>> 11) * 0x1p-53;
    return share < validationShare;
  }

  /** Decides a document's place. */
  long key(String text) {
    return hash(text, seed);
  }

  /** FNV-1a over the characters, then SplitMix64's finaliser: equal on every machine. */
  static long hash(String text, long seed) {
    long hash = 0xcbf29ce484222325L ^ mixed(seed);
    for (int i = 0; i < text.length(); i++) {
      hash = (hash ^ text.charAt(i)) * 0x100000001b3L;
    }
    return mixed(hash);
  }

  static long mixed(long value) {
    long z = value + 0x9e3779b97f4a7c15L;
    z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
    z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
    return z ^ z >>> 31;
  }
}
