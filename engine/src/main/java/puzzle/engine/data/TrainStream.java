package puzzle.engine.data;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Random;
import puzzle.model.InvalidInputException;

/**
 * An epoch is a few passes over the text, each taking the documents of one remainder of their key:
 * together every document once, and never more than a buffer of text held.
 */
final class TrainStream implements Iterator<int[]> {

  /** Characters held at once; a corpus of no more is shuffled as a whole. */
  private static final long BUFFER = 32L << 20;

  /** Passes an epoch may take; a larger corpus is shuffled buffer by buffer within each. */
  private static final int MAX_PASSES = 16;

  private record Keyed(long key, long order, String text) {
    static final Comparator<Keyed> ORDER =
        Comparator.comparingLong(Keyed::key).thenComparingLong(Keyed::order);
  }

  private final PackedSequences sequences;
  private final Corpus corpus;
  private final Packing packing;
  private final long seed;
  private final int passes;
  private long epoch = -1;
  private int pass;
  private Corpus.Documents documents;
  private Iterator<int[]> ready = Collections.emptyIterator();
  private boolean any;

  TrainStream(PackedSequences sequences, Corpus corpus, Packing packing, long seed) {
    this.sequences = sequences;
    this.corpus = corpus;
    this.packing = packing;
    this.seed = seed;
    this.passes = passes();
    this.pass = passes;
  }

  private int passes() {
    long characters = 0;
    try (Corpus.Documents all = corpus.documents()) {
      while (all.hasNext() && characters < BUFFER * MAX_PASSES) {
        characters += all.next().length();
      }
    }
    return (int) Math.max(1, Math.min(MAX_PASSES, (characters + BUFFER - 1) / BUFFER));
  }

  @Override
  public boolean hasNext() {
    while (!ready.hasNext()) {
      if (documents == null || !documents.hasNext()) {
        nextPass();
      }
      fill();
    }
    return true;
  }

  @Override
  public int[] next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    return ready.next();
  }

  private void nextPass() {
    if (documents != null) {
      documents.close();
    }
    if (pass == passes) {
      if (epoch >= 0 && !any) {
        throw new InvalidInputException(
            "the corpus does not give one training sequence of %s tokens.\nMaybe give more text, or ask for shorter sequences."
                .formatted(packing.length()));
      }
      epoch++;
      pass = 0;
    }
    pass++;
    documents = corpus.documents();
  }

  private void fill() {
    List<Keyed> buffer = new ArrayList<>();
    long characters = 0;
    while (documents.hasNext() && characters < 2 * BUFFER) {
      String text = documents.next();
      long key = Packing.hash(text, Packing.mixed(seed) + epoch);
      if (!packing.held(text) && Long.remainderUnsigned(key, passes) == pass - 1) {
        characters += text.length();
        buffer.add(new Keyed(key, buffer.size(), text));
      }
    }
    buffer.sort(Keyed.ORDER);
    List<int[]> packed = sequences.pack(buffer.stream().map(Keyed::text).toList());
    Collections.shuffle(packed, new Random(Packing.mixed(seed + 31 * epoch) + pass));
    any |= !packed.isEmpty();
    ready = packed.iterator();
  }
}
