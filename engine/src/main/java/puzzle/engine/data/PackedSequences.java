package puzzle.engine.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import puzzle.model.InvalidInputException;

/**
 * A corpus as token sequences of one length, the same ones for the same seed on every machine.
 *
 * <p>Every document has two keys, hashes of its text with a seed. The first decides between
 * training and validation, so a document, and every copy of it, is wholly in one of them. The
 * second decides its place: documents are packed end to end in the order of that key, which is a
 * uniform shuffle of any corpus without holding it: the first n sequences need only the documents
 * of least key, see {@link LeastKeys}. The text is read once, on a thread of its own, and tokenized
 * in batches on all cores; tokens go to files.
 *
 * <p>Several pools are blended by their weights: each is packed by itself, and sequence i is of the
 * pool that is furthest behind its share of i. A pool is never begun anew: if it has too little,
 * that is an error.
 */
public final class PackedSequences {

  /** Documents that are tokenized together have so many characters, or are all there are. */
  private static final int TOGETHER = 1 << 19;

  /**
   * Text of one kind.
   *
   * @param name for messages
   * @param weight its share of the sequences, by the sum of all weights
   */
  public record Pool(String name, Corpus corpus, double weight) {}

  /** Told how far the text is read, now and then; what it throws ends the reading. */
  public interface Watch {
    Watch NONE = (bytes, total) -> {};

    /**
     * @param total of all text; 0 if that is not known
     */
    void read(long bytes, long total);
  }

  /**
   * What was taken.
   *
   * @param train shuffled
   * @param heldOut fewer of them are the first of more
   * @param documents read
   * @param leftOut further ones, which are no text
   */
  public record Taken(Sequences train, Sequences heldOut, long documents, long leftOut) {}

  private final List<Pool> pools;
  private final Tokenizer tokenizer;
  private final Packing packing;
  private final Path scratch;

  /** One pool; files of tokens lie in the system's folder for temporary files. */
  public PackedSequences(Corpus corpus, Tokenizer tokenizer, Packing packing) {
    this(List.of(new Pool("the corpus", corpus, 1)), tokenizer, packing, null);
  }

  /**
   * @param scratch folder for files of tokens
   */
  public PackedSequences(List<Pool> pools, Tokenizer tokenizer, Packing packing, Path scratch) {
    this.pools = List.copyOf(pools);
    this.tokenizer = tokenizer;
    this.packing = packing;
    this.scratch = scratch;
  }

  /**
   * Training sequences [sequences, length], shuffled.
   *
   * @throws InvalidInputException if the corpus has fewer
   */
  public int[][] train(int sequences) {
    return take(sequences, 0, Watch.NONE).train().read(0, sequences);
  }

  /**
   * Held-out sequences [sequences, length]; fewer of them are the first of more.
   *
   * @throws InvalidInputException if the corpus has fewer
   */
  public int[][] validation(int sequences) {
    return take(0, sequences, Watch.NONE).heldOut().read(0, sequences);
  }

  /**
   * Reads the text once and takes sequences of both kinds.
   *
   * @throws InvalidInputException if a pool has fewer
   */
  public Taken take(long train, long heldOut, Watch watch) {
    Blend training = new Blend(pools, train);
    Blend holding = new Blend(pools, heldOut);
    List<Sequences> trained = new ArrayList<>();
    List<Sequences> held = new ArrayList<>();
    long total = pools.stream().mapToLong(pool -> pool.corpus().bytes()).sum();
    Scan scan = new Scan(watch, total);
    for (int i = 0; i < pools.size(); i++) {
      LeastKeys ofTraining = new LeastKeys(scratch, training.count(i) * packing.length());
      LeastKeys ofHeldOut = new LeastKeys(scratch, holding.count(i) * packing.length());
      scan.read(pools.get(i).corpus(), ofTraining, ofHeldOut);
      trained.add(packed(pools.get(i), ofTraining, training.count(i), "training"));
      held.add(packed(pools.get(i), ofHeldOut, holding.count(i), "validation"));
    }
    return new Taken(
        training.shuffled(trained, new Random(packing.seed())),
        holding.inOrder(held),
        scan.documents,
        scan.leftOut);
  }

  private Sequences packed(Pool pool, LeastKeys documents, long sequences, String kind) {
    TokenFile file = TokenFile.in(scratch);
    Packer packer = new Packer(packing, sequences, file::append);
    documents.forEach(
        tokens -> {
          packer.add(tokens);
          return !packer.full();
        });
    if (!packer.full()) {
      throw new InvalidInputException(
          "%s gives %s %s sequences of %s tokens, not %s%s.\nMaybe give more text%s, or ask for fewer or shorter sequences."
              .formatted(
                  pool.name(),
                  packer.made(),
                  kind,
                  packing.length(),
                  sequences,
                  packing.apart() ? ", with each of one document" : "",
                  pools.size() > 1
                      ? ", lower its weight"
                      : packing.apart() ? ", join documents (corpus.packing)" : ""));
    }
    return file.sequences(packing.length());
  }

  /** One pass over the text of one or more pools. */
  private final class Scan {
    private final Watch watch;
    private final long total;
    private final List<String> texts = new ArrayList<>();
    private final List<Long> keys = new ArrayList<>();
    private final List<Long> orders = new ArrayList<>();
    private final List<LeastKeys> targets = new ArrayList<>();
    private int characters;
    private long before;
    private long documents;
    private long leftOut;

    Scan(Watch watch, long total) {
      this.watch = watch;
      this.total = total;
    }

    void read(Corpus corpus, LeastKeys train, LeastKeys heldOut) {
      try (DocumentBatches batches = new DocumentBatches(corpus)) {
        DocumentBatches.Batch batch;
        do {
          batch = batches.next();
          for (String text : batch.texts()) {
            add(text, packing.held(text) ? heldOut : train);
          }
          watch.read(before + batch.bytes(), total);
        } while (!batch.texts().isEmpty());
        before += batch.bytes();
        leftOut += batch.leftOut();
      }
      tokenize();
    }

    private void add(String text, LeastKeys target) {
      long key = packing.key(text);
      if (target.wants(key)) {
        texts.add(text);
        keys.add(key);
        orders.add(documents);
        targets.add(target);
        characters += text.length();
        if (characters >= TOGETHER) {
          tokenize();
        }
      }
      documents++;
    }

    private void tokenize() {
      int[][] encoded = tokenizer.encode(texts);
      for (int i = 0; i < encoded.length; i++) {
        int[] tokens = packing.special().around(encoded[i]);
        checkWithinVocabulary(tokens);
        targets.get(i).add(keys.get(i), orders.get(i), tokens, Packer.gain(packing, tokens.length));
      }
      texts.clear();
      keys.clear();
      orders.clear();
      targets.clear();
      characters = 0;
    }
  }

  /** A buffer of documents as sequences, in the order of keys. */
  List<int[]> pack(List<String> texts) {
    List<int[]> sequences = new ArrayList<>();
    Packer packer = new Packer(packing, Long.MAX_VALUE, sequences::add);
    for (int[] encoded : tokenizer.encode(texts)) {
      int[] tokens = packing.special().around(encoded);
      checkWithinVocabulary(tokens);
      packer.add(tokens);
    }
    return sequences;
  }

  private void checkWithinVocabulary(int[] tokens) {
    for (int token : tokens) {
      if (token < 0 || token >= packing.vocabSize()) {
        throw new InvalidInputException(
            "the tokenizer gives token %s, the model has %s.\nMaybe tokenizer.json and config.json are of different models."
                .formatted(token, packing.vocabSize()));
      }
    }
  }

  /**
   * Training sequences without end: epoch after epoch, each in another order. Not for several
   * threads. Of the first pool alone.
   *
   * @param seed of the order
   */
  public Iterator<int[]> trainStream(long seed) {
    return new TrainStream(this, pools.get(0).corpus(), packing, seed);
  }
}
