package puzzle.engine.data;

import java.util.List;
import java.util.Random;
import puzzle.engine.data.PackedSequences.Pool;

/** Which pool each of n sequences is of: the one that is furthest behind its share so far. */
final class Blend {

  /** Pool of each sequence. */
  private final byte[] pools;

  private final long[] counts;

  Blend(List<Pool> of, long sequences) {
    if (of.size() > Byte.MAX_VALUE) {
      throw new IllegalArgumentException(of.size() + " sources are too many to blend");
    }
    this.pools = new byte[Math.toIntExact(sequences)];
    this.counts = new long[of.size()];
    double sum = of.stream().mapToDouble(Pool::weight).sum();
    for (int i = 0; i < pools.length; i++) {
      int most = 0;
      double behind = Double.NEGATIVE_INFINITY;
      for (int p = 0; p < counts.length; p++) {
        double missing = of.get(p).weight() / sum * (i + 1) - counts[p];
        if (missing > behind) {
          behind = missing;
          most = p;
        }
      }
      pools[i] = (byte) most;
      counts[most]++;
    }
  }

  /** Sequences of one pool. */
  long count(int pool) {
    return counts[pool];
  }

  Sequences inOrder(List<Sequences> of) {
    int[] order = new int[pools.length];
    for (int i = 0; i < order.length; i++) {
      order[i] = i;
    }
    return ordered(of, order);
  }

  /** In the order that {@link java.util.Collections#shuffle} gives a list. */
  Sequences shuffled(List<Sequences> of, Random random) {
    int[] order = new int[pools.length];
    for (int i = 0; i < order.length; i++) {
      order[i] = i;
    }
    for (int i = order.length; i > 1; i--) {
      int j = random.nextInt(i);
      int last = order[i - 1];
      order[i - 1] = order[j];
      order[j] = last;
    }
    return ordered(of, order);
  }

  private Sequences ordered(List<Sequences> of, int[] order) {
    // The number of each sequence within its pool.
    int[] within = new int[pools.length];
    int[] seen = new int[counts.length];
    for (int i = 0; i < pools.length; i++) {
      within[i] = seen[pools[i]]++;
    }
    return new Sequences() {
      @Override
      public long count() {
        return order.length;
      }

      @Override
      public int length() {
        return of.get(0).length();
      }

      @Override
      public int[][] read(long from, int count) {
        int[][] sequences = new int[count][];
        for (int i = 0; i < count; i++) {
          int at = order[Math.toIntExact(from + i)];
          sequences[i] = of.get(pools[at]).read(within[at], 1)[0];
        }
        return sequences;
      }
    };
  }
}
