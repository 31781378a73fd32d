package puzzle.engine.data;

import java.util.Arrays;
import java.util.Random;

/**
 * Which sequences each step takes: every sequence once per epoch, in an order drawn from the seed.
 * Any step can be asked for, so a resumed training takes the same ones.
 */
public record EpochOrder(long seed, int sequences, int batch) {

  public EpochOrder {
    if (batch > sequences) {
      throw new IllegalArgumentException(
          "a batch of " + batch + " needs as many sequences, not " + sequences);
    }
  }

  /** Indices of one step's sequences, counted from step 0; what does not fill a batch is left. */
  public int[] step(int step) {
    int perEpoch = sequences / batch;
    int epoch = step / perEpoch;
    int[] order = new int[sequences];
    Random random = new Random(seed * 31 + epoch);
    for (int i = 0; i < sequences; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    int from = step % perEpoch * batch;
    return Arrays.copyOfRange(order, from, from + batch);
  }
}
