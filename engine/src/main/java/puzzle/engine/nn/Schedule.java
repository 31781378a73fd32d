package puzzle.engine.nn;

/**
 * Learning rate by step: linear warm-up, then a cosine from the peak to a tenth of it.
 *
 * @param peak highest rate
 * @param warmup steps of linear rise
 * @param steps steps in all
 */
public record Schedule(double peak, int warmup, int steps) {

  private static final double FLOOR = 0.1;

  /** Rate of one step, counted from 0. */
  public double rate(int step) {
    if (step < warmup) {
      return peak * (step + 1) / warmup;
    }
    double done = Math.min(1, (step - warmup) / (double) Math.max(1, steps - warmup));
    return peak * (FLOOR + (1 - FLOOR) * 0.5 * (1 + Math.cos(Math.PI * done)));
  }
}
