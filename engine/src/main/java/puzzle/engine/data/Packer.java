package puzzle.engine.data;

import java.util.Arrays;
import java.util.function.Consumer;

/** Documents' tokens to sequences of one length. */
final class Packer {

  private final Packing packing;
  private final Consumer<int[]> into;
  private final long most;
  private long made;
  private int[] current;
  private int filled;

  /**
   * @param into gets each sequence, which is its own
   * @param most sequences that are made
   */
  Packer(Packing packing, long most, Consumer<int[]> into) {
    this.packing = packing;
    this.into = into;
    this.most = most;
    this.current = new int[packing.length()];
  }

  long made() {
    return made;
  }

  boolean full() {
    return made >= most;
  }

  /** Tokens of sequences that a document gives by itself; packed end to end, all it has. */
  static long gain(Packing packing, int tokens) {
    if (!packing.apart()) {
      return tokens;
    }
    int begin = packing.special().bos() >= 0 ? 1 : 0;
    return (long) Math.max(0, tokens - begin) / (packing.length() - begin) * packing.length();
  }

  /**
   * @param tokens of one document, with what stands around it
   */
  void add(int[] tokens) {
    if (packing.apart()) {
      addApart(tokens);
      return;
    }
    for (int from = 0; from < tokens.length && !full(); ) {
      int some = Math.min(tokens.length - from, current.length - filled);
      System.arraycopy(tokens, from, current, filled, some);
      from += some;
      filled += some;
      if (filled == current.length) {
        make(current);
        current = new int[packing.length()];
        filled = 0;
      }
    }
  }

  private void addApart(int[] tokens) {
    int begin = packing.special().bos() >= 0 ? 1 : 0;
    int some = packing.length() - begin;
    for (int from = begin; from + some <= tokens.length && !full(); from += some) {
      int[] sequence = Arrays.copyOfRange(tokens, from - begin, from + some);
      if (begin > 0) {
        sequence[0] = packing.special().bos();
      }
      make(sequence);
    }
  }

  private void make(int[] sequence) {
    into.accept(sequence);
    made++;
  }
}
