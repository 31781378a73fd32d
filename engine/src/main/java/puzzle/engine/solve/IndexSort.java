package puzzle.engine.solve;

/** Sorts places by the vectors of doubles that lie there, without boxing. */
final class IndexSort {

  private IndexSort() {}

  /**
   * @param values [place * stride + column], compared column by column
   */
  static int[] ascending(double[] values, int stride, int count) {
    int[] order = new int[count];
    int[] other = new int[count];
    for (int i = 0; i < count; i++) {
      order[i] = i;
    }
    for (int run = 1; run < count; run *= 2) {
      for (int low = 0; low < count; low += 2 * run) {
        merge(values, stride, order, other, low, Math.min(low + run, count), run, count);
      }
      int[] swap = order;
      order = other;
      other = swap;
    }
    return order;
  }

  private static void merge(
      double[] values, int stride, int[] from, int[] to, int low, int middle, int run, int count) {
    int high = Math.min(low + 2 * run, count);
    int a = low;
    int b = middle;
    for (int at = low; at < high; at++) {
      if (a < middle && (b >= high || compare(values, stride, from[a], from[b]) <= 0)) {
        to[at] = from[a++];
      } else {
        to[at] = from[b++];
      }
    }
  }

  private static int compare(double[] values, int stride, int i, int j) {
    for (int k = 0; k < stride; k++) {
      int c = Double.compare(values[i * stride + k], values[j * stride + k]);
      if (c != 0) {
        return c;
      }
    }
    return 0;
  }
}
