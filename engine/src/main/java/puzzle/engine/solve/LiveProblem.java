package puzzle.engine.solve;

import java.util.Arrays;
import java.util.List;

/**
 * A compiled problem that follows its table: scores come and go without a new compilation. Keeps
 * the root relaxation's basis, and at its multipliers the price of every layer's cheapest item, so
 * that one new item is judged by one reduced cost.
 */
final class LiveProblem {

  final Problem problem;
  final Relaxation relaxation;
  private final boolean[] usable;
  private CostClasses classes;
  private final WorkingBasis.Saved basis = new WorkingBasis.Saved();
  private boolean hasBasis;
  private double[] multipliers;
  private final double[] least;
  private double priceOfBudgets;

  LiveProblem(double[][] scores, List<Problem.Form> forms) {
    this.problem = Problem.compile(scores, forms);
    this.usable = new boolean[problem.item.length];
    this.least = new double[problem.groups];
    this.multipliers = new double[problem.rows];
    this.relaxation = new Relaxation(problem, CostClasses.none(problem));
    for (int g = 0; g < problem.groups; g++) {
      while (relaxation.items.size(g) > 0) {
        relaxation.items.remove(g, relaxation.items.list[problem.start[g]]);
      }
    }
    Arrays.fill(least, Double.POSITIVE_INFINITY);
  }

  int slot(int layer, int item) {
    return problem.start[layer] + item;
  }

  boolean isUsable(int slot) {
    return usable[slot];
  }

  /** Lets an item be chosen, or no longer. */
  void setUsable(int layer, int slot, boolean now) {
    if (usable[slot] == now) {
      return;
    }
    usable[slot] = now;
    if (now) {
      relaxation.items.add(layer, slot);
      least[layer] = Math.min(least[layer], price(slot));
    } else {
      relaxation.items.remove(layer, slot);
      refreshLeast(layer);
    }
  }

  /**
   * Changes a score; never to NaN, as the item may still be in the basis from which the next search
   * starts.
   */
  void setScore(int layer, int slot, double score) {
    double before = usable[slot] ? price(slot) : Double.NaN;
    problem.score[slot] = score;
    if (usable[slot]) {
      double after = price(slot);
      if (after <= least[layer]) {
        least[layer] = after;
      } else if (before <= least[layer]) {
        refreshLeast(layer);
      }
    }
  }

  /**
   * Changes the weights of an item.
   *
   * @param values by the row of the form, in the stat's unit
   */
  void setWeights(int layer, int slot, double[] values) {
    for (int k = 0; k < problem.rows; k++) {
      Problem.Source source = problem.sources[k];
      problem.weight[k][slot] = source.sign() * values[source.row()] / source.scale();
    }
    relaxation.reload(slot);
    classes = null;
    refreshLeast(layer);
  }

  /** Whether a layer has no item left. */
  boolean hasEmptyLayer() {
    for (int g = 0; g < problem.groups; g++) {
      if (relaxation.items.size(g) == 0) {
        return true;
      }
    }
    return false;
  }

  private double price(int slot) {
    double price = problem.score[slot];
    for (int k = 0; k < problem.rows; k++) {
      price += multipliers[k] * problem.weight[k][slot];
    }
    return price;
  }

  private void refreshLeast(int layer) {
    double cheapest = Double.POSITIVE_INFINITY;
    for (int i = problem.start[layer];
        i < problem.start[layer] + relaxation.items.size(layer);
        i++) {
      cheapest = Math.min(cheapest, price(relaxation.items.list[i]));
    }
    least[layer] = cheapest;
  }

  /** Lower bound on all architectures that choose this item, at the kept multipliers. */
  double boundWith(int layer, int slot) {
    return boundWithout(layer) + price(slot);
  }

  /** The bound with one layer left out; O(layers), rounded downwards. */
  private double boundWithout(int layer) {
    double sum = -priceOfBudgets;
    double size = Math.abs(priceOfBudgets);
    for (int g = 0; g < problem.groups; g++) {
      if (g != layer) {
        sum += least[g];
        size += Math.abs(least[g]);
      }
    }
    return sum - Relaxation.roundingError(problem.groups, size);
  }

  double bound() {
    return boundWithout(0) + least[0];
  }

  /** Solves the root relaxation from the kept basis and keeps the new one. */
  Relaxation.End solveRoot() {
    if (hasBasis) {
      relaxation.load(basis);
    } else {
      relaxation.reset();
    }
    Relaxation.End end = relaxation.solve(Double.POSITIVE_INFINITY);
    keepRoot();
    return end;
  }

  /** Keeps the relaxation's basis and multipliers as the root's. */
  private void keepRoot() {
    relaxation.save(basis);
    hasBasis = true;
    multipliers = relaxation.multipliers();
    priceOfBudgets = 0;
    for (int k = 0; k < problem.rows; k++) {
      priceOfBudgets += multipliers[k] * problem.budget[k];
    }
    for (int g = 0; g < problem.groups; g++) {
      refreshLeast(g);
    }
  }

  /** Starts a restricted search from the root's basis. */
  void loadRoot() {
    relaxation.load(basis);
  }

  /** How much the bound falls for one more unit of a limit of the table. */
  double shadowPrice(int row) {
    double price = 0;
    for (int k = 0; k < problem.rows; k++) {
      Problem.Source source = problem.sources[k];
      if (source.row() == row) {
        price += source.sign() * multipliers[k] / source.scale();
      }
    }
    return price;
  }

  /** Slots as the table's items. */
  int[] items(int[] slots) {
    return Arrays.stream(slots).map(slot -> problem.item[slot]).toArray();
  }

  CostClasses classes() {
    if (classes == null) {
      classes = CostClasses.detect(problem);
    }
    return classes;
  }
}
