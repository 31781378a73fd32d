package puzzle.engine.solve;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import puzzle.model.InvalidInputException;

/**
 * What the solver chooses from: layers, the items of each, a score and one cost per stat for each
 * item. Immutable; a changed copy shares what did not change. Smaller scores are better.
 *
 * <p>A missing score is allowed and means that the item cannot be chosen yet.
 */
public final class SolverTable {

  /** Items of all layers together; a table beyond it is a mistake in the file, not a model. */
  public static final int MAX_ITEMS = 500_000;

  /** Sums of numbers up to here neither overflow nor lose the small ones to scaling. */
  private static final double LARGEST = 1e100;

  private final List<String> stats;
  private final List<List<String>> items;
  private final double[][] scores;
  private final double[][][] costs;

  private SolverTable(
      List<String> stats, List<List<String>> items, double[][] scores, double[][][] costs) {
    this.stats = stats;
    this.items = items;
    this.scores = scores;
    this.costs = costs;
  }

  public static Builder builder(List<String> stats) {
    return new Builder(stats);
  }

  public int layers() {
    return scores.length;
  }

  public int items(int layer) {
    return scores[layer].length;
  }

  public List<String> itemNames(int layer) {
    return items.get(layer);
  }

  public String item(int layer, int item) {
    return items.get(layer).get(item);
  }

  /** Index of a named item, -1 if the layer has none of that name. */
  public int indexOf(int layer, String name) {
    return items.get(layer).indexOf(name);
  }

  public List<String> stats() {
    return stats;
  }

  /**
   * @throws InvalidInputException where no stat has that name
   */
  public int statIndex(String stat) {
    int index = stats.indexOf(stat);
    if (index < 0) {
      throw new InvalidInputException(
          "limit on '%s': no such stat.\nMaybe one of %s.".formatted(stat, stats));
    }
    return index;
  }

  public boolean hasScore(int layer, int item) {
    return !Double.isNaN(scores[layer][item]);
  }

  /** NaN if missing. */
  public double score(int layer, int item) {
    return scores[layer][item];
  }

  public double cost(int layer, int item, int stat) {
    return costs[layer][item][stat];
  }

  /** Costs of an item, one per stat; not to be written to. */
  double[] costs(int layer, int item) {
    return costs[layer][item];
  }

  /**
   * Sum of the scores of an architecture, rounded once.
   *
   * @param choices item by layer
   */
  public double objective(List<Integer> choices) {
    return sum(choices, this::score);
  }

  /** Sum of every stat over an architecture, rounded once, in the order of {@link #stats}. */
  public Map<String, Double> totals(List<Integer> choices) {
    Map<String, Double> totals = new LinkedHashMap<>();
    for (int k = 0; k < stats.size(); k++) {
      int stat = k;
      totals.put(stats.get(k), sum(choices, (g, j) -> cost(g, j, stat)));
    }
    return totals;
  }

  private double sum(List<Integer> choices, ItemStat value) {
    BigDecimal sum = BigDecimal.ZERO;
    for (int g = 0; g < choices.size(); g++) {
      sum = sum.add(new BigDecimal(value.of(g, choices.get(g))));
    }
    return sum.doubleValue();
  }

  /**
   * How many items share their first half, if a layer's items are pairs in which costs add: item
   * {@code a * width + f} costs an a-part and an f-part. 0 if they are not.
   */
  public int pairWidth(int layer) {
    return CostClasses.pairWidth(costs[layer], stats.size());
  }

  /** A copy with one score replaced; NaN takes the score away. */
  public SolverTable withScore(int layer, int item, double score) {
    checkPlace(layer, item);
    double[][] changed = scores.clone();
    changed[layer] = scores[layer].clone();
    changed[layer][item] =
        Double.isNaN(score) || Math.abs(score) <= LARGEST
            ? score
            : checkedScore(place(layer, item), score);
    return new SolverTable(stats, items, changed, costs);
  }

  /** A copy with one item's costs replaced. */
  public SolverTable withCosts(int layer, int item, double[] itemCosts) {
    checkPlace(layer, item);
    checkCosts(place(layer, item), stats, itemCosts);
    double[][][] changed = costs.clone();
    changed[layer] = costs[layer].clone();
    changed[layer][item] = itemCosts.clone();
    return new SolverTable(stats, items, scores, changed);
  }

  /** A copy with every score negated: turns "larger is better" into the solver's sense. */
  public SolverTable negated() {
    double[][] changed = new double[scores.length][];
    for (int g = 0; g < scores.length; g++) {
      changed[g] = scores[g].clone();
      for (int j = 0; j < changed[g].length; j++) {
        changed[g][j] = 0.0 - changed[g][j];
      }
    }
    return new SolverTable(stats, items, changed, costs);
  }

  /** A copy with other scores; NaN if missing. */
  public SolverTable withScores(ItemStat score) {
    double[][] changed = new double[scores.length][];
    for (int g = 0; g < scores.length; g++) {
      changed[g] = new double[scores[g].length];
      for (int j = 0; j < changed[g].length; j++) {
        changed[g][j] = checkedScore(place(g, j), score.of(g, j));
      }
    }
    return new SolverTable(stats, items, changed, costs);
  }

  /** Value of a stat for an item. */
  @FunctionalInterface
  public interface ItemStat {
    double of(int layer, int item);
  }

  private static final String MAYBE_SCORE =
      ".\nMaybe the measurement overflowed; leave the score out instead.";

  void checkPlace(int layer, int item) {
    if (layer < 0 || layer >= layers() || item < 0 || item >= items(layer)) {
      throw new InvalidInputException(
          "layer %d item %d: no such item.\nMaybe count from 0; there are %d layers."
              .formatted(layer, item, layers()));
    }
  }

  private String place(int layer, int item) {
    return "layer " + layer + " item " + item + " (" + item(layer, item) + ")";
  }

  private static double checkedScore(String place, double score) {
    if (Math.abs(score) > LARGEST) {
      throw new InvalidInputException(place + ": score is " + score + MAYBE_SCORE);
    }
    return score;
  }

  static void checkCosts(String place, List<String> stats, double[] costs) {
    if (costs.length != stats.size()) {
      throw new InvalidInputException(
          "%s: %d costs for %d stats %s.\nMaybe a column is missing."
              .formatted(place, costs.length, stats.size(), stats));
    }
    for (int k = 0; k < costs.length; k++) {
      if (!(costs[k] >= 0 && costs[k] <= LARGEST)) {
        throw new InvalidInputException(
            "%s: %s is %s.\nMaybe a failed measurement; a cost is finite and not negative."
                .formatted(place, stats.get(k), costs[k]));
      }
    }
  }

  /** Collects a table layer by layer, checking each item. */
  public static final class Builder {
    private final List<String> stats;
    private final List<List<String>> items = new ArrayList<>();
    private final List<double[]> scores = new ArrayList<>();
    private final List<double[][]> costs = new ArrayList<>();
    private long total;

    private Builder(List<String> stats) {
      this.stats = List.copyOf(stats);
    }

    /**
     * Adds the next layer.
     *
     * @param names unique within the layer
     * @param layerScores one per item; NaN if missing
     * @param layerCosts [item][stat]; the array may be shared between layers and is not copied
     */
    public Builder layer(List<String> names, double[] layerScores, double[][] layerCosts) {
      int layer = items.size();
      int n = names.size();
      if (n == 0) {
        throw new InvalidInputException(
            "layer " + layer + " is empty.\nMaybe the file was cut short.");
      }
      total += n;
      if (total > MAX_ITEMS) {
        throw new InvalidInputException(
            "layer %d: more than %d items in all.\nMaybe this is not a block library."
                .formatted(layer, MAX_ITEMS));
      }
      if (layerScores.length != n || layerCosts.length != n) {
        throw new InvalidInputException(
            "layer %d: %d items, %d scores, %d rows of costs.\nMaybe a column is missing."
                .formatted(layer, n, layerScores.length, layerCosts.length));
      }
      if (new HashSet<>(names).size() != n) {
        throw new InvalidInputException(
            "layer " + layer + ": an item name occurs twice.\nMaybe two rows of one block.");
      }
      for (int j = 0; j < n; j++) {
        String place = "layer " + layer + " item " + j + " (" + names.get(j) + ")";
        checkedScore(place, layerScores[j]);
        checkCosts(place, stats, layerCosts[j]);
      }
      items.add(List.copyOf(names));
      scores.add(layerScores.clone());
      costs.add(layerCosts);
      return this;
    }

    public SolverTable build() {
      if (items.isEmpty()) {
        throw new InvalidInputException("the table has no layer.\nMaybe the file is empty.");
      }
      return new SolverTable(
          stats,
          List.copyOf(items),
          scores.toArray(new double[0][]),
          costs.toArray(new double[0][][]));
    }
  }
}
