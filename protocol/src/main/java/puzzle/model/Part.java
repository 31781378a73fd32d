package puzzle.model;

/**
 * One share of a task that is done in several, by different devices or after each other: a range of
 * its sequences, or of the model's layers. Shares begin and end with a unit, for sequences the
 * batch: every batch then holds what it holds in the undivided task, and gives the same bits.
 *
 * @param index from 0
 * @param of how many there are
 * @param unit items that are never separated
 */
public record Part(int index, int of, int unit) {

  public Part {
    if (index < 0 || index >= of || unit < 1) {
      throw new IllegalArgumentException(
          "there is no part %d of %d in units of %d".formatted(index, of, unit));
    }
  }

  /** The first of so many items that is this part's. */
  public int from(int items) {
    return border(items, index);
  }

  /** The first of so many items behind this part; may be {@link #from}: a part can be empty. */
  public int to(int items) {
    return border(items, index + 1);
  }

  private int border(int items, int parts) {
    long units = (items + unit - 1L) / unit;
    return (int) Math.min(items, units * parts / of * unit);
  }
}
