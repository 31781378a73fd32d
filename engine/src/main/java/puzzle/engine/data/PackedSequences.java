package puzzle.engine.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.PriorityQueue;
import java.util.Random;
import puzzle.model.InvalidInputException;

/**
 * A corpus as token sequences of one length, the same ones for the same seed on every machine.
 *
 * <p>Every document has two keys, hashes of its text with a seed. The first decides between
 * training and validation, so a document, and every copy of it, is wholly in one of them. The
 * second decides its place: documents are packed end to end in the order of that key, which is a
 * uniform shuffle of any corpus without holding it: the first n sequences need only the documents
 * of least key, kept in a bounded heap while the text streams by, and only those are tokenized.
 */
public final class PackedSequences {

  /** Characters held at once by a training stream; a corpus of no more is shuffled as a whole. */
  private static final long BUFFER = 32L << 20;

  /** Passes an epoch may take; a larger corpus is shuffled buffer by buffer within each. */
  private static final int MAX_PASSES = 16;

  private record Keyed(long key, long order, String text) {
    static final Comparator<Keyed> ORDER =
        Comparator.comparingLong(Keyed::key).thenComparingLong(Keyed::order);
  }

  private final Corpus corpus;
  private final Tokenizer tokenizer;
  private final Packing packing;
  private int[][] lastTrain = {};
  private int[][] lastValidation = {};

  public PackedSequences(Corpus corpus, Tokenizer tokenizer, Packing packing) {
    this.corpus = corpus;
    this.tokenizer = tokenizer;
    this.packing = packing;
  }

  /**
   * Training sequences [sequences, length], shuffled.
   *
   * @throws InvalidInputException if the corpus has fewer
   */
  public synchronized int[][] train(int sequences) {
    if (lastTrain.length != sequences) {
      lastTrain = first(sequences, false);
      Collections.shuffle(Arrays.asList(lastTrain), new Random(packing.seed()));
    }
    return copy(lastTrain);
  }

  /**
   * Held-out sequences [sequences, length]; fewer of them are the first of more.
   *
   * @throws InvalidInputException if the corpus has fewer
   */
  public synchronized int[][] validation(int sequences) {
    if (lastValidation.length < sequences) {
      lastValidation = first(sequences, true);
    }
    return copy(Arrays.copyOf(lastValidation, sequences));
  }

  private static int[][] copy(int[][] sequences) {
    return Arrays.stream(sequences).map(int[]::clone).toArray(int[][]::new);
  }

  private int[][] first(int sequences, boolean validation) {
    long wanted = (long) sequences * packing.length();
    // Characters per token are not known beforehand: from 1 for bytes to 4 or more.
    for (long budget = 2 * wanted + 4096; ; budget *= 4) {
      List<Keyed> documents = new ArrayList<>();
      boolean all = leastKeys(budget, validation, documents);
      List<int[]> packed = pack(documents, sequences);
      if (packed.size() == sequences) {
        return packed.toArray(int[][]::new);
      }
      if (all) {
        throw new InvalidInputException(
            "the corpus gives %s%s sequences of %s tokens, not %s.\nMaybe give more text, or ask for fewer or shorter sequences."
                .formatted(
                    packed.size(),
                    validation ? " validation" : " training",
                    packing.length(),
                    sequences));
      }
    }
  }

  /**
   * Documents of least key holding at least {@code budget} characters together, in order.
   *
   * @return true if those are all
   */
  private boolean leastKeys(long budget, boolean validation, List<Keyed> into) {
    PriorityQueue<Keyed> kept = new PriorityQueue<>(Keyed.ORDER.reversed());
    long characters = 0;
    boolean all = true;
    try (Corpus.Documents documents = corpus.documents()) {
      long order = 0;
      for (; documents.hasNext(); order++) {
        String text = documents.next();
        if (held(text) != validation) {
          continue;
        }
        kept.add(new Keyed(hash(text, packing.seed()), order, text));
        characters += text.length();
        while (characters - kept.element().text().length() >= budget) {
          characters -= kept.remove().text().length();
          all = false;
        }
      }
    }
    into.addAll(kept);
    into.sort(Keyed.ORDER);
    return all;
  }

  private List<int[]> pack(List<Keyed> documents, int most) {
    List<int[]> sequences = new ArrayList<>();
    int[] current = new int[packing.length()];
    int filled = 0;
    for (Keyed document : documents) {
      int[] tokens = tokenizer.encode(document.text());
      checkWithinVocabulary(tokens);
      for (int i = 0; i <= tokens.length && sequences.size() < most; i++) {
        current[filled++] = i < tokens.length ? tokens[i] : packing.separator();
        if (filled == current.length) {
          sequences.add(current);
          current = new int[packing.length()];
          filled = 0;
        }
      }
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
   * threads.
   *
   * @param seed of the order
   */
  public Iterator<int[]> trainStream(long seed) {
    return new TrainStream(seed);
  }

  private boolean held(String text) {
    double share = (hash(text, packing.splitSeed() ^ 0x5eed5eed5eed5eedL) >>> 11) * 0x1p-53;
    return share < packing.validationShare();
  }

  /** FNV-1a over the characters, then SplitMix64's finaliser: equal on every machine. */
  private static long hash(String text, long seed) {
    long hash = 0xcbf29ce484222325L ^ mixed(seed);
    for (int i = 0; i < text.length(); i++) {
      hash = (hash ^ text.charAt(i)) * 0x100000001b3L;
    }
    return mixed(hash);
  }

  private static long mixed(long value) {
    long z = value + 0x9e3779b97f4a7c15L;
    z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
    z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
    return z ^ z >>> 31;
  }

  /**
   * An epoch is a few passes over the text, each taking the documents of one remainder of their
   * key: together every document once, and never more than a buffer of text held.
   */
  private final class TrainStream implements Iterator<int[]> {
    private final long seed;
    private long epoch = -1;
    private int passes;
    private int pass;
    private Corpus.Documents documents;
    private Iterator<int[]> ready = Collections.emptyIterator();
    private boolean any;

    TrainStream(long seed) {
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
        long key = hash(text, mixed(seed) + epoch);
        if (!held(text) && Long.remainderUnsigned(key, passes) == pass - 1) {
          characters += text.length();
          buffer.add(new Keyed(key, buffer.size(), text));
        }
      }
      buffer.sort(Keyed.ORDER);
      List<int[]> sequences = pack(buffer, Integer.MAX_VALUE);
      Collections.shuffle(sequences, new Random(mixed(seed + 31 * epoch) + pass));
      any |= !sequences.isEmpty();
      ready = sequences.iterator();
    }
  }
}
