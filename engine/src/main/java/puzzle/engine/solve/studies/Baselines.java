package puzzle.engine.solve.studies;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import puzzle.engine.solve.IncrementalSolver;
import puzzle.engine.solve.Row;
import puzzle.engine.solve.Solution;
import puzzle.engine.solve.SolveBudget;
import puzzle.engine.solve.SolverTable;

/**
 * What the solver is compared with (appendix B, tables 12 to 15): greedy, random feasible, maximum
 * parameters, no-op only, uniform.
 */
public final class Baselines {

  private static final int RANDOM_TRIES = 200;

  /**
   * One simple way to choose.
   *
   * @param feasible whether it keeps all limits; greedy does not always
   */
  public record Baseline(
      String name,
      List<Integer> choices,
      double objective,
      Map<String, Double> totals,
      boolean feasible) {}

  private final SolverTable table;
  private final List<Row> rows;
  private final int[] stat;

  private Baselines(SolverTable table, List<Row> rows) {
    this.table = table;
    this.rows = rows;
    this.stat = rows.stream().mapToInt(row -> table.statIndex(row.stat())).toArray();
  }

  /**
   * All baselines that apply and found something, by name. Layers whose scores are all missing make
   * every one inapplicable.
   *
   * @param sizeStat stat to maximise for "maximum parameters", null if there is none
   * @param noOps names of the halves that do nothing, for "no-op only"
   */
  public static Map<String, Baseline> all(
      SolverTable table,
      List<Row> rows,
      String sizeStat,
      Set<String> noOps,
      long seed,
      SolveBudget budget) {
    Baselines baselines = new Baselines(table, rows);
    Map<String, Baseline> found = new LinkedHashMap<>();
    for (int g = 0; g < table.layers(); g++) {
      if (baselines.scored(g).length == 0) {
        return found;
      }
    }
    baselines.put(found, "greedy", baselines.greedy());
    baselines.put(found, "random", baselines.random(new Random(seed)));
    if (sizeStat != null) {
      baselines.put(found, "maximum parameters", baselines.largest(sizeStat, budget));
    }
    baselines.put(found, "no-op only", baselines.noOpOnly(noOps, budget));
    baselines.put(found, "uniform", baselines.uniform());
    return found;
  }

  private void put(Map<String, Baseline> found, String name, int[] choices) {
    if (choices == null) {
      return;
    }
    List<Integer> items = IntStream.of(choices).boxed().toList();
    found.put(
        name,
        new Baseline(
            name, items, table.objective(items), table.totals(items), excess(choices) <= 0));
  }

  private int[] scored(int g) {
    return IntStream.range(0, table.items(g)).filter(j -> table.hasScore(g, j)).toArray();
  }

  /**
   * Splits each budget equally over the layers, visits layers by ascending mean score, takes the
   * best item that fits and rolls what is left to the next layer. Where none fits, the item that
   * exceeds least.
   */
  private int[] greedy() {
    int layers = table.layers();
    List<Integer> order = new ArrayList<>(IntStream.range(0, layers).boxed().toList());
    double[] mean = new double[layers];
    for (int g = 0; g < layers; g++) {
      int layer = g;
      mean[g] = IntStream.of(scored(g)).mapToDouble(j -> table.score(layer, j)).average().orElse(0);
    }
    order.sort(Comparator.comparingDouble(g -> mean[g]));
    double[] rolled = new double[rows.size()];
    int[] choices = new int[layers];
    for (int g : order) {
      int best = -1;
      double bestExcess = Double.POSITIVE_INFINITY;
      for (int j : scored(g)) {
        double excess = 0;
        for (int r = 0; r < stat.length; r++) {
          if (rows.get(r).hasUpper()) {
            double share = rows.get(r).upper() / layers + rolled[r];
            double over = table.cost(g, j, stat[r]) - share;
            excess += Math.max(0, over) / Math.max(1e-300, rows.get(r).upper());
          }
        }
        boolean better =
            best < 0
                || excess < bestExcess
                || (excess == bestExcess && table.score(g, j) < table.score(g, best));
        if (better) {
          best = j;
          bestExcess = excess;
        }
      }
      choices[g] = best;
      for (int r = 0; r < stat.length; r++) {
        if (rows.get(r).hasUpper()) {
          rolled[r] += rows.get(r).upper() / layers - table.cost(g, best, stat[r]);
        }
      }
    }
    return choices;
  }

  /** Relative excess over all limits, 0 if all are kept. */
  private double excess(int[] choices) {
    double excess = 0;
    for (int r = 0; r < stat.length; r++) {
      double total = 0;
      for (int g = 0; g < choices.length; g++) {
        total += table.cost(g, choices[g], stat[r]);
      }
      excess += rows.get(r).excess(total);
    }
    return excess;
  }

  /** Random items, then random changes that lower the excess, until the limits are kept. */
  private int[] random(Random random) {
    for (int attempt = 0; attempt < RANDOM_TRIES; attempt++) {
      int[] choices = new int[table.layers()];
      for (int g = 0; g < choices.length; g++) {
        int[] items = scored(g);
        choices[g] = items[random.nextInt(items.length)];
      }
      double excess = excess(choices);
      for (int step = 0; excess > 0 && step < 50 * choices.length; step++) {
        int g = random.nextInt(choices.length);
        int[] items = scored(g);
        int before = choices[g];
        choices[g] = items[random.nextInt(items.length)];
        double after = excess(choices);
        if (after < excess) {
          excess = after;
        } else {
          choices[g] = before;
        }
      }
      if (excess <= 0) {
        return choices;
      }
    }
    return null;
  }

  private int[] largest(String sizeStat, SolveBudget budget) {
    int size = table.statIndex(sizeStat);
    SolverTable bySize =
        table.withScores((g, j) -> table.hasScore(g, j) ? -table.cost(g, j, size) : Double.NaN);
    // Filling a limit to the last digit is a subset-sum problem; nobody needs that of a baseline.
    SolveBudget rough = budget.withGap(1e-4);
    return choices(new IncrementalSolver(bySize, rows).solve(rough));
  }

  /** Halves of an item that are the parent's or nothing at all (the paper's no-op space). */
  private int[] noOpOnly(Set<String> noOps, SolveBudget budget) {
    boolean any = false;
    boolean[][] allowed = new boolean[table.layers()][];
    for (int g = 0; g < allowed.length; g++) {
      allowed[g] = new boolean[table.items(g)];
      int parent = parent(g);
      String[] own = table.item(g, parent).split("\\+");
      for (int j : scored(g)) {
        String[] halves = table.item(g, j).split("\\+");
        boolean keep = halves.length == own.length;
        for (int h = 0; h < halves.length && keep; h++) {
          boolean none = noOps.contains(halves[h]);
          any |= none;
          keep = none || halves[h].equals(own[h]);
        }
        allowed[g][j] = keep;
      }
    }
    if (!any) {
      return null;
    }
    SolverTable few = table.withScores((g, j) -> allowed[g][j] ? table.score(g, j) : Double.NaN);
    return choices(new IncrementalSolver(few, rows).solve(budget));
  }

  private int parent(int g) {
    int best = -1;
    for (int j : scored(g)) {
      best = best < 0 || table.score(g, j) < table.score(g, best) ? j : best;
    }
    return best;
  }

  private static int[] choices(Solution solution) {
    return solution.found()
        ? solution.choices().stream().mapToInt(Integer::intValue).toArray()
        : null;
  }

  /** The same item in every layer. */
  private int[] uniform() {
    int[] best = null;
    double least = Double.POSITIVE_INFINITY;
    for (String name : table.itemNames(0)) {
      int[] choices = new int[table.layers()];
      double sum = 0;
      for (int g = 0; g < choices.length && sum < Double.POSITIVE_INFINITY; g++) {
        choices[g] = table.indexOf(g, name);
        sum +=
            choices[g] >= 0 && table.hasScore(g, choices[g])
                ? table.score(g, choices[g])
                : Double.POSITIVE_INFINITY;
      }
      if (sum < least && excess(choices) <= 0) {
        least = sum;
        best = choices;
      }
    }
    return best;
  }
}
