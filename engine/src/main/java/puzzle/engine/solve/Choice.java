package puzzle.engine.solve;

/**
 * What is known after a search or a change. A new one is made whenever that changes.
 *
 * @param items by layer, null if no architecture is known
 * @param objective of the items, positive infinity without them
 * @param bound no architecture within the limits has an objective below it
 * @param proven the items are optimal; without items, that nothing fits
 */
record Choice(int[] items, double objective, double bound, boolean proven) {

  static final Choice UNKNOWN =
      new Choice(null, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, false);

  static final Choice NOTHING_FITS =
      new Choice(null, Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY, true);

  boolean known() {
    return items != null;
  }

  boolean has(int layer, int item) {
    return known() && items[layer] == item;
  }

  Choice withObjective(double now) {
    return new Choice(items, now, bound, proven);
  }

  /** The same items without their proof. */
  Choice doubted(double lower) {
    return new Choice(items, objective, lower, false);
  }

  Choice withoutItems() {
    return new Choice(null, Double.POSITIVE_INFINITY, bound, false);
  }

  /** Everything with a lower bound at or above this cannot beat it. */
  double cut() {
    return objective - SharedIncumbent.PROOF * Math.abs(objective);
  }
}
