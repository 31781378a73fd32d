package puzzle.engine.data;

import java.util.HashMap;
import java.util.Map;

/**
 * The yardstick a parent has to beat: the next byte from the two before it, by counting.
 * Interpolated Witten-Bell smoothing: with T distinct bytes and N bytes seen after a context,
 *
 * <pre>P(b | context) = (count(b) + T * P(b | shorter context)) / (N + T)</pre>
 *
 * down to the uniform distribution (Witten and Bell, 1991).
 */
final class OrderTwoByteModel {

  private static final int BYTES = 256;

  private static final class Context {
    final int[] counts = new int[BYTES];
    int seen;
    int distinct;

    void add(int next) {
      distinct += counts[next]++ == 0 ? 1 : 0;
      seen++;
    }

    double probability(int next, double shorter) {
      return seen == 0 ? shorter : (counts[next] + distinct * shorter) / (seen + distinct);
    }
  }

  private final Context none = new Context();
  private final Context[] one = new Context[BYTES];
  private final Map<Integer, Context> two = new HashMap<>();

  OrderTwoByteModel(int[][] sequences) {
    for (int[] sequence : sequences) {
      for (int i = 0; i < sequence.length; i++) {
        none.add(sequence[i]);
        if (i >= 1) {
          int last = sequence[i - 1];
          one[last] = one[last] == null ? new Context() : one[last];
          one[last].add(sequence[i]);
        }
        if (i >= 2) {
          two.computeIfAbsent(pair(sequence, i), key -> new Context()).add(sequence[i]);
        }
      }
    }
  }

  private static int pair(int[] sequence, int i) {
    return sequence[i - 2] << 8 | sequence[i - 1];
  }

  /** Mean over all bytes but each sequence's first, as a language model is measured. */
  double natsPerByte(int[][] sequences) {
    double sum = 0;
    long count = 0;
    for (int[] sequence : sequences) {
      for (int i = 1; i < sequence.length; i++) {
        double p = none.probability(sequence[i], 1.0 / BYTES);
        Context last = one[sequence[i - 1]];
        p = last == null ? p : last.probability(sequence[i], p);
        Context pair = i < 2 ? null : two.get(pair(sequence, i));
        p = pair == null ? p : pair.probability(sequence[i], p);
        sum -= Math.log(p);
        count++;
      }
    }
    return sum / count;
  }
}
