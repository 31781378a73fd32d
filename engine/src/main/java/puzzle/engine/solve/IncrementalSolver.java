package puzzle.engine.solve;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import puzzle.model.InvalidInputException;

/**
 * The solver: a compiled problem that follows the table, an incumbent with its proof, and a list of
 * what could have broken the proof since.
 *
 * <p><b>Why most changes need no search.</b> Let z be a lower bound at fixed multipliers, d the
 * reduced cost of item j in layer g, and U the incumbent's objective, proven optimal.
 *
 * <ul>
 *   <li>A new or better item with z + d ≥ U: every architecture that has it is at least that dear,
 *       every other is as before. Nothing changes. Otherwise only architectures with x_g = j need a
 *       search.
 *   <li>An item that is not chosen gets worse: nothing changes. The chosen item gets better by ε: U
 *       falls by ε, no other falls by more. Nothing changes but the price.
 *   <li>A chosen item gets worse by δ: architectures that have it rise by δ as U does, so only
 *       those with x_g ≠ j need a search.
 * </ul>
 *
 * Several changes at once: an architecture better than the repriced incumbent has one of the new
 * items or lacks one of the worsened ones, so the searches add up; beyond a few, one search of
 * everything from the old incumbent is cheaper.
 */
public final class IncrementalSolver implements ArchitectureSolver {

  private static final int MOST_PARTIAL_SEARCHES = 6;

  /** An item whose change may have broken the proof. */
  private record Pending(int layer, int item, boolean avoid) {}

  private SolverTable table;
  private final boolean[][] forbidden;
  private final int[] forced;
  private TargetForms target;

  private LiveProblem live;
  private int[] choices;
  private double objective = Double.POSITIVE_INFINITY;
  private double bound = Double.NEGATIVE_INFINITY;
  private boolean proven;
  private final List<Pending> pending = new ArrayList<>();
  private Solution current = Solutions.unknown(Double.NEGATIVE_INFINITY, 0, 0);
  private double cutoff = Double.POSITIVE_INFINITY;

  public IncrementalSolver(SolverTable table, List<Row> rows) {
    this.table = table;
    this.target = new TargetForms(checked(rows), List.of(), 0);
    this.forbidden = new boolean[table.layers()][];
    for (int g = 0; g < table.layers(); g++) {
      forbidden[g] = new boolean[table.items(g)];
    }
    this.forced = new int[table.layers()];
    Arrays.fill(forced, -1);
  }

  private List<Row> checked(List<Row> limits) {
    limits.forEach(row -> table.statIndex(row.stat()));
    return List.copyOf(limits);
  }

  @Override
  public SolverTable table() {
    return table;
  }

  @Override
  public List<Row> rows() {
    return target.rows();
  }

  // ---- Changes -------------------------------------------------------------------------------

  @Override
  public Change put(int layer, int item, double score) {
    table = table.withScore(layer, item, score);
    return live == null ? unsolved() : rescore(layer, item, score, false);
  }

  @Override
  public Change put(int layer, int item, double score, double[] costs) {
    SolverTable.checkCosts("layer " + layer + " item " + item, table.stats(), costs);
    table.checkPlace(layer, item);
    boolean same = Arrays.equals(costs, table.costs(layer, item));
    if (!same) {
      table = table.withCosts(layer, item, costs);
    }
    table = table.withScore(layer, item, score);
    if (live == null) {
      return unsolved();
    }
    if (!same) {
      live.setWeights(layer, live.slot(layer, item), target.of(table, layer, item));
    }
    return rescore(layer, item, score, !same);
  }

  private Change rescore(int layer, int item, double score, boolean recosted) {
    int slot = live.slot(layer, item);
    double before = live.problem.score[slot];
    boolean was = live.isUsable(slot);
    boolean now = mayChoose(layer, item);
    if (!now) {
      live.setUsable(layer, slot, false);
      if (!Double.isNaN(score)) {
        live.setScore(layer, slot, score);
      }
      return chosen(layer, item)
          ? searchAll("the chosen item lost its score")
          : unchanged("the item cannot be chosen");
    }
    live.setScore(layer, slot, score);
    live.setUsable(layer, slot, true);
    if (!proven) {
      return searchAll("the last search was not finished");
    }
    if (choices == null) {
      return was && !recosted
          ? unchanged("still nothing fits, whatever the scores")
          : searchAll("nothing fitted without this item");
    }
    if (chosen(layer, item)) {
      if (recosted) {
        return searchAll("costs of a chosen item changed");
      }
      objective = live.problem.objective(slots());
      current = null;
      if (score <= before) {
        return new Change(Change.Effect.REPRICED, "a chosen item became better");
      }
      pending.add(new Pending(layer, item, true));
      return new Change(Change.Effect.SEARCH_NEEDED, "a chosen item became worse");
    }
    if (was && !recosted && score >= before) {
      return unchanged("an item that is not chosen became worse");
    }
    return judge(layer, item);
  }

  /** A new or better item: one reduced cost against the incumbent. */
  private Change judge(int layer, int item) {
    if (live.boundWith(layer, live.slot(layer, item)) >= cut()) {
      return unchanged("no architecture with this item can beat the incumbent");
    }
    pending.add(new Pending(layer, item, false));
    return new Change(Change.Effect.SEARCH_NEEDED, "an architecture with this item may be better");
  }

  @Override
  public Change retarget(List<Row> changed) {
    List<Row> next = checked(changed);
    boolean tighter = proven && pending.isEmpty() && TargetForms.onlyTightens(target.rows(), next);
    target = new TargetForms(next, target.earlier(), target.maxShared());
    live = null;
    if (tighter && (choices == null || keepsRows())) {
      current = null;
      return unchanged("tighter limits that the incumbent keeps");
    }
    return searchAll("limits changed");
  }

  private boolean keepsRows() {
    ensureLive();
    return live.problem.keepsLimits(slots());
  }

  @Override
  public Change forbid(int layer, int item) {
    table.checkPlace(layer, item);
    forbidden[layer][item] = true;
    return restrict(layer, "the chosen item was forbidden");
  }

  @Override
  public Change force(int layer, int item) {
    table.checkPlace(layer, item);
    boolean free = forced[layer] < 0;
    forced[layer] = item;
    return free ? restrict(layer, "another item was chosen") : reopen(layer);
  }

  @Override
  public Change allow(int layer, int item) {
    table.checkPlace(layer, item);
    boolean only = forced[layer] < 0;
    forbidden[layer][item] = false;
    forced[layer] = -1;
    if (!only || live == null || !proven || choices == null || !mayChoose(layer, item)) {
      return reopen(layer);
    }
    syncUsable(layer);
    return judge(layer, item);
  }

  private Change restrict(int layer, String reason) {
    if (live == null) {
      return unsolved();
    }
    syncUsable(layer);
    boolean kept = choices == null || mayChoose(layer, choices[layer]);
    return kept && proven ? unchanged("fewer items, none of them chosen") : searchAll(reason);
  }

  private Change reopen(int layer) {
    if (live != null) {
      syncUsable(layer);
    }
    return searchAll("items were allowed again");
  }

  @Override
  public Change differFrom(List<List<Integer>> solutions, int shared) {
    for (List<Integer> solution : solutions) {
      if (solution.size() != table.layers()) {
        throw new InvalidInputException(
            "an earlier solution has %d layers, the table %d.\nMaybe it is of another model."
                .formatted(solution.size(), table.layers()));
      }
    }
    target = new TargetForms(target.rows(), solutions, shared);
    live = null;
    return searchAll("earlier solutions changed");
  }

  private Change unchanged(String reason) {
    return new Change(Change.Effect.UNCHANGED, reason);
  }

  private Change unsolved() {
    return searchAll("nothing is solved yet");
  }

  private Change searchAll(String reason) {
    proven = false;
    bound = Double.NEGATIVE_INFINITY;
    pending.clear();
    current = null;
    return new Change(Change.Effect.SEARCH_NEEDED, reason);
  }

  // ---- The compiled problem ------------------------------------------------------------------

  private boolean mayChoose(int layer, int item) {
    return table.hasScore(layer, item)
        && !forbidden[layer][item]
        && (forced[layer] < 0 || forced[layer] == item);
  }

  private boolean chosen(int layer, int item) {
    return choices != null && choices[layer] == item;
  }

  private void syncUsable(int layer) {
    for (int j = 0; j < table.items(layer); j++) {
      live.setUsable(layer, live.slot(layer, j), mayChoose(layer, j));
    }
  }

  private void ensureLive() {
    if (live != null) {
      return;
    }
    live = target.compile(table);
    for (int g = 0; g < table.layers(); g++) {
      syncUsable(g);
    }
  }

  private int[] slots() {
    int[] slots = new int[choices.length];
    for (int g = 0; g < slots.length; g++) {
      slots[g] = live.slot(g, choices[g]);
    }
    return slots;
  }

  private double cut() {
    return objective - SharedIncumbent.PROOF * Math.abs(objective);
  }

  // ---- Solving -------------------------------------------------------------------------------

  @Override
  public Solution solve(SolveBudget budget, Consumer<Solution> onImprovement) {
    Clock clock = new Clock(budget);
    ensureLive();
    if (!proven || !pending.isEmpty()) {
      search(budget, clock, onImprovement);
    }
    Solution solution = current();
    onImprovement.accept(solution);
    return solution;
  }

  private void search(SolveBudget budget, Clock clock, Consumer<Solution> onImprovement) {
    if (live.emptyLayer() >= 0 || live.solveRoot() == Relaxation.End.INFEASIBLE) {
      settle(null, Double.POSITIVE_INFINITY, true, 1, clock);
      return;
    }
    SharedIncumbent incumbent =
        new SharedIncumbent(live.problem, known -> onImprovement.accept(report(known, clock)));
    incumbent.setCutoff(cutoff);
    boolean known = choices != null && mayChooseAll() && incumbent.offer(slots());
    incumbent.raiseBound(live.bound());
    long nodes = 0;
    boolean done;
    if (proven && known && pending.size() <= MOST_PARTIAL_SEARCHES) {
      done = true;
      incumbent.setPartial(true);
      for (int i = 0; i < pending.size() && done; i++) {
        Search search = new Search(live.problem, live::kinds, incumbent, clock, budget);
        done = searchAround(pending.get(i), search, incumbent);
        nodes += search.nodes;
      }
      incumbent.setPartial(false);
    } else {
      Search search = new Search(live.problem, live::kinds, incumbent, clock, budget);
      live.loadRoot();
      done = search.run(live.relaxation);
      nodes = search.nodes;
    }
    if (done) {
      incumbent.close();
    }
    int[] best = incumbent.slots();
    int[] items = best == null ? null : new int[best.length];
    for (int g = 0; best != null && g < best.length; g++) {
      items[g] = live.problem.item[best[g]];
    }
    settle(items, incumbent.bound(), done, nodes, clock);
  }

  private boolean mayChooseAll() {
    for (int g = 0; g < choices.length; g++) {
      if (!mayChoose(g, choices[g])) {
        return false;
      }
    }
    return true;
  }

  /** Architectures with the new item, or without the worsened one. */
  private boolean searchAround(Pending change, Search search, SharedIncumbent incumbent) {
    int g = change.layer();
    int slot = live.slot(g, change.item());
    if (!live.isUsable(slot) || (!change.avoid() && live.boundWith(g, slot) >= incumbent.cut())) {
      return true;
    }
    Relaxation relaxation = live.relaxation;
    int size = relaxation.items.size[g];
    if (change.avoid()) {
      if (size == 1) {
        return true;
      }
      relaxation.items.remove(g, slot);
    } else {
      relaxation.items.only(g, slot);
    }
    live.loadRoot();
    boolean done = search.run(relaxation);
    relaxation.items.size[g] = size;
    return done;
  }

  private void settle(int[] items, double lower, boolean done, long nodes, Clock clock) {
    choices = items;
    bound = lower;
    proven = done;
    pending.clear();
    objective = items == null ? Double.POSITIVE_INFINITY : live.problem.objective(slots());
    current = describe(nodes, clock.seconds());
  }

  private Solution describe(long nodes, double seconds) {
    if (choices == null) {
      return proven
          ? Solutions.infeasible(nodes, seconds)
          : Solutions.unknown(bound, nodes, seconds);
    }
    boolean certain = proven && pending.isEmpty();
    return Solutions.of(
        table,
        target.rows(),
        choices,
        proven && !certain ? live.bound() : bound,
        certain,
        live == null ? null : live.problem,
        live == null ? null : live.multipliers(),
        nodes,
        seconds);
  }

  private Solution report(SharedIncumbent known, Clock clock) {
    int[] slots = known.slots();
    if (slots == null) {
      return Solutions.unknown(known.bound(), 0, clock.seconds());
    }
    int[] items = new int[slots.length];
    for (int g = 0; g < items.length; g++) {
      items[g] = live.problem.item[slots[g]];
    }
    return Solutions.of(
        table,
        target.rows(),
        items,
        known.bound(),
        false,
        live.problem,
        live.multipliers(),
        0,
        clock.seconds());
  }

  @Override
  public Solution current() {
    if (current == null) {
      boolean stale = choices != null && !mayChooseAll();
      if (stale) {
        choices = null;
        proven = false;
      }
      current = describe(0, 0);
    }
    return current;
  }

  /** Lower bound on architectures with this item, at the multipliers of the last search. */
  double boundWith(int layer, int item) {
    ensureLive();
    return live.isUsable(live.slot(layer, item))
        ? live.boundWith(layer, live.slot(layer, item))
        : Double.POSITIVE_INFINITY;
  }

  /** Only architectures better than this are of interest; others may be reported as infeasible. */
  void setCutoff(double value) {
    cutoff = value;
  }

  @Override
  public Infeasibility explain(SolveBudget budget) {
    return Conflicts.explain(table, target.rows(), forbidden, forced, budget);
  }
}
