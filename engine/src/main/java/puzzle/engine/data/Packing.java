package puzzle.engine.data;

/**
 * How documents become sequences.
 *
 * @param length tokens per sequence
 * @param vocabSize of the model: a token id that is not below it is an error
 * @param separator the token after each document: the model's end of text, or a line feed for bytes
 * @param validationShare of the documents, never trained on
 * @param splitSeed decides which documents those are: the same for whatever is compared
 * @param seed decides the order of all else
 */
public record Packing(
    int length, int vocabSize, int separator, double validationShare, long splitSeed, long seed) {

  /** One split for all runs and for pretraining: what is held out is held out from everything. */
  public static final long SPLIT_SEED = 0;

  public Packing {
    if (length < 1
        || separator < 0
        || separator >= vocabSize
        || !(validationShare >= 0 && validationShare < 1)) {
      throw new IllegalArgumentException(
          "no packing: length %s, separator %s, validation share %s"
              .formatted(length, separator, validationShare));
    }
  }
}
