package puzzle.engine.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Of documents that come in any order, keeps those of least key that have enough tokens together,
 * and gives them back in the order of their keys; memory does not grow with the text.
 *
 * <p>The keys are dealt to bins by their leading bits, 64 for each power of two, so that a bin is a
 * small share of what lies below it. Once the lower bins hold enough, the upper ones are dropped,
 * and what would fall into them is not even tokenized: of N documents of which n are wanted, about
 * n (1 + ln(N / n)) are. Tokens lie in a file; memory holds a bin's block until it is written, and
 * at the end the index of one bin.
 */
final class LeastKeys {

  private static final int SHARES = 6;
  private static final int BLOCK = 1 << 13;

  /** Words before a document's tokens: key and order, two each, and their number. */
  private static final int HEAD = 5;

  private static final class Bin {
    private int[] block = new int[256];
    private int filled;
    private long gain;

    /** Where blocks begin in the file, and how long they are. */
    private final List<long[]> written = new ArrayList<>();
  }

  private record Place(long key, long order, long at, int tokens) {
    static final Comparator<Place> ORDER =
        Comparator.comparingLong(Place::key).thenComparingLong(Place::order);
  }

  private final TokenFile file;
  private final long wanted;
  private final TreeMap<Integer, Bin> bins = new TreeMap<>();
  private int limit = Integer.MAX_VALUE;
  private long gained;
  private boolean dropped;

  /**
   * @param wanted tokens that those kept have together at least, if there are as many
   */
  LeastKeys(Path scratch, long wanted) {
    this.file = TokenFile.in(scratch);
    this.wanted = wanted;
  }

  /** In the order of keys, which are signed. */
  private static int bin(long key) {
    long ordered = key ^ Long.MIN_VALUE;
    int zeros = Long.numberOfLeadingZeros(ordered);
    if (zeros >= 63) {
      return 1;
    }
    return (64 - zeros << SHARES) + (int) (ordered << zeros + 1 >>> 64 - SHARES);
  }

  /** False if a document of this key is not needed. */
  boolean wants(long key) {
    return wanted > 0 && bin(key) <= limit;
  }

  /** True if documents were left because there are enough. */
  boolean enough() {
    return dropped;
  }

  /**
   * @param order among documents of equal keys
   * @param gain of it towards the tokens wanted
   */
  void add(long key, long order, int[] tokens, long gain) {
    int number = bin(key);
    if (wanted == 0 || number > limit) {
      return;
    }
    Bin bin = bins.computeIfAbsent(number, n -> new Bin());
    int needed = bin.filled + HEAD + tokens.length;
    if (needed > bin.block.length) {
      bin.block = Arrays.copyOf(bin.block, Math.max(needed, 2 * bin.block.length));
    }
    int[] head = {(int) (key >>> 32), (int) key, (int) (order >>> 32), (int) order, tokens.length};
    System.arraycopy(head, 0, bin.block, bin.filled, HEAD);
    System.arraycopy(tokens, 0, bin.block, bin.filled + HEAD, tokens.length);
    bin.filled = needed;
    bin.gain += gain;
    gained += gain;
    if (bin.filled >= BLOCK) {
      write(bin);
    }
    while (gained - bins.lastEntry().getValue().gain >= wanted) {
      gained -= bins.lastEntry().getValue().gain;
      limit = bins.lastKey() - 1;
      bins.remove(bins.lastKey());
      dropped = true;
    }
  }

  private void write(Bin bin) {
    if (bin.filled > 0) {
      bin.written.add(new long[] {file.size(), bin.filled});
      file.append(Arrays.copyOf(bin.block, bin.filled));
    }
    bin.block = new int[256];
    bin.filled = 0;
  }

  /**
   * Gives the documents in order.
   *
   * @param to returns false once it has enough
   */
  void forEach(Predicate<int[]> to) {
    bins.values().forEach(this::write);
    file.flush();
    for (Bin bin : bins.values()) {
      List<Place> places = new ArrayList<>();
      for (long[] block : bin.written) {
        long end = block[0] + block[1];
        for (long at = block[0]; at < end; ) {
          int[] head = file.read(at, HEAD);
          places.add(
              new Place(joined(head[0], head[1]), joined(head[2], head[3]), at + HEAD, head[4]));
          at += HEAD + head[4];
        }
      }
      places.sort(Place.ORDER);
      for (Place place : places) {
        if (!to.test(file.read(place.at(), place.tokens()))) {
          return;
        }
      }
    }
  }

  private static long joined(int high, int low) {
    return (long) high << 32 | low & 0xffffffffL;
  }
}
