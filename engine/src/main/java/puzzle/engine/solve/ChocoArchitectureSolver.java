package puzzle.engine.solve;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import puzzle.engine.InvalidInputException;

/** The solver in Choco. */
public final class ChocoArchitectureSolver implements ArchitectureSolver {

  private SolverTable table;
  private List<Row> rows;
  private final boolean[][] forbidden;
  private final int[] forced;
  private List<List<Integer>> earlier = List.of();
  private int maxShared;
  private Solution current;

  public ChocoArchitectureSolver(SolverTable table, List<Row> rows) {
    this.table = table;
    rows.forEach(row -> table.statIndex(row.stat()));
    this.rows = List.copyOf(rows);
    this.forbidden = new boolean[table.layers()][];
    for (int g = 0; g < table.layers(); g++) {
      forbidden[g] = new boolean[table.items(g)];
    }
    this.forced = new int[table.layers()];
    Arrays.fill(forced, -1);
    this.current = unknown();
  }

  @Override
  public SolverTable table() {
    return table;
  }

  @Override
  public List<Row> rows() {
    return rows;
  }

  @Override
  public Change put(int layer, int item, double score) {
    table = table.withScore(layer, item, score);
    return new Change(Change.Effect.SEARCH_NEEDED, "score changed");
  }

  @Override
  public Change put(int layer, int item, double score, double[] costs) {
    table = table.withCosts(layer, item, costs).withScore(layer, item, score);
    return new Change(Change.Effect.SEARCH_NEEDED, "score and costs changed");
  }

  @Override
  public Change retarget(List<Row> changed) {
    changed.forEach(row -> table.statIndex(row.stat()));
    rows = List.copyOf(changed);
    return new Change(Change.Effect.SEARCH_NEEDED, "limits changed");
  }

  @Override
  public Change forbid(int layer, int item) {
    forbidden[layer][item] = true;
    return new Change(Change.Effect.SEARCH_NEEDED, "item forbidden");
  }

  @Override
  public Change force(int layer, int item) {
    forced[layer] = item;
    return new Change(Change.Effect.SEARCH_NEEDED, "item forced");
  }

  @Override
  public Change allow(int layer, int item) {
    forbidden[layer][item] = false;
    forced[layer] = -1;
    return new Change(Change.Effect.SEARCH_NEEDED, "item allowed");
  }

  @Override
  public Change differFrom(List<List<Integer>> solutions, int shared) {
    earlier = List.copyOf(solutions);
    maxShared = shared;
    return new Change(Change.Effect.SEARCH_NEEDED, "earlier solutions changed");
  }

  @Override
  public Solution current() {
    return current;
  }

  @Override
  public Infeasibility explain(SolveBudget budget) {
    return new Infeasibility(rows, List.of(), false);
  }

  private Problem compile() {
    boolean[][] usable = new boolean[table.layers()][];
    double[][] scores = new double[table.layers()][];
    for (int g = 0; g < usable.length; g++) {
      usable[g] = new boolean[table.items(g)];
      scores[g] = new double[table.items(g)];
      boolean any = false;
      for (int j = 0; j < usable[g].length; j++) {
        usable[g][j] =
            table.hasScore(g, j) && !forbidden[g][j] && (forced[g] < 0 || forced[g] == j);
        scores[g][j] = table.score(g, j);
        any |= usable[g][j];
      }
      if (!any) {
        throw new InvalidInputException(
            "layer %d has no item that may be chosen.\nMaybe its scores are still missing."
                .formatted(g));
      }
    }
    List<Problem.Form> forms = new ArrayList<>();
    for (Row row : rows) {
      int stat = table.statIndex(row.stat());
      forms.add(
          new Problem.Form(values((g, j) -> table.cost(g, j, stat)), row.lower(), row.upper()));
    }
    for (List<Integer> solution : earlier) {
      forms.add(
          new Problem.Form(
              values((g, j) -> solution.get(g) == j ? 1 : 0), Double.NEGATIVE_INFINITY, maxShared));
    }
    return Problem.compile(scores, usable, forms);
  }

  private double[][] values(SolverTable.ItemStat stat) {
    double[][] values = new double[table.layers()][];
    for (int g = 0; g < values.length; g++) {
      values[g] = new double[table.items(g)];
      for (int j = 0; j < values[g].length; j++) {
        values[g][j] = stat.of(g, j);
      }
    }
    return values;
  }

  @Override
  public Solution solve(SolveBudget budget, Consumer<Solution> onImprovement) {
    Clock clock = new Clock(budget);
    Problem problem = compile();
    Incumbent incumbent =
        new Incumbent(
            problem, known -> onImprovement.accept(solution(problem, known, false, 0, clock)));
    Search search = new Search(problem, Kinds.detect(problem), incumbent, clock, budget.gap());
    boolean proven = search.run();
    current = solution(problem, incumbent, proven, search.nodes, clock);
    onImprovement.accept(current);
    return current;
  }

  private Solution solution(
      Problem problem, Incumbent incumbent, boolean proven, long nodes, Clock clock) {
    int[] slots = incumbent.slots();
    if (slots == null) {
      return new Solution(
          proven ? Solution.Status.INFEASIBLE : Solution.Status.UNKNOWN,
          List.of(),
          Double.POSITIVE_INFINITY,
          proven ? Double.POSITIVE_INFINITY : incumbent.bound(),
          proven ? 0 : Double.POSITIVE_INFINITY,
          proven,
          Map.of(),
          List.of(),
          nodes,
          clock.seconds(),
          Optional.empty());
    }
    List<Integer> choices = new ArrayList<>();
    for (int s : slots) {
      choices.add(problem.item[s]);
    }
    Map<String, Double> totals = new LinkedHashMap<>();
    for (int k = 0; k < table.stats().size(); k++) {
      double[] sum = new double[slots.length];
      int[] all = new int[slots.length];
      for (int g = 0; g < slots.length; g++) {
        sum[g] = table.cost(g, choices.get(g), k);
        all[g] = g;
      }
      totals.put(table.stats().get(k), Problem.exactSum(sum, all).doubleValue());
    }
    return new Solution(
        proven ? Solution.Status.OPTIMAL : Solution.Status.FEASIBLE,
        choices,
        incumbent.objective(),
        incumbent.bound(),
        incumbent.gap(),
        proven,
        totals,
        rows.stream().map(r -> new Solution.LimitState(r, totals.get(r.stat()), false, 0)).toList(),
        nodes,
        clock.seconds(),
        Optional.empty());
  }

  private static Solution unknown() {
    return new Solution(
        Solution.Status.UNKNOWN,
        List.of(),
        Double.POSITIVE_INFINITY,
        Double.NEGATIVE_INFINITY,
        Double.POSITIVE_INFINITY,
        false,
        Map.of(),
        List.of(),
        0,
        0,
        Optional.empty());
  }
}
