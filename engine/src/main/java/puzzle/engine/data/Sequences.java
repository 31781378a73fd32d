package puzzle.engine.data;

import java.util.Arrays;

/**
 * Token sequences of one length, as many as a corpus gives: read as they are asked for, never all
 * of them in memory.
 */
public interface Sequences {

  long count();

  /** Tokens of each. */
  int length();

  /** Sequences {@code from} to {@code from + count - 1}, [count, length]. */
  int[][] read(long from, int count);

  /** A range of them. */
  default Sequences part(long from, long count) {
    Sequences all = this;
    if (from < 0 || count < 0 || from + count > count()) {
      throw new IllegalArgumentException(from + " to " + (from + count) + " of " + count());
    }
    return new Sequences() {
      @Override
      public long count() {
        return count;
      }

      @Override
      public int length() {
        return all.length();
      }

      @Override
      public int[][] read(long first, int some) {
        return all.read(from + first, some);
      }
    };
  }

  /** Sequences at hand. */
  static Sequences of(int[][] sequences) {
    return new Sequences() {
      @Override
      public long count() {
        return sequences.length;
      }

      @Override
      public int length() {
        return sequences.length == 0 ? 0 : sequences[0].length;
      }

      @Override
      public int[][] read(long from, int count) {
        int first = Math.toIntExact(from);
        return Arrays.stream(sequences, first, first + count)
            .map(int[]::clone)
            .toArray(int[][]::new);
      }
    };
  }
}
