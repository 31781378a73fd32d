package puzzle.engine.solve;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import puzzle.model.InvalidInputException;

/**
 * The table, the limits and what may be chosen as they stand, with the choice that was made of
 * them, and of each change what it did to that choice.
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
 * items or lacks one of the worsened ones, so the searches add up.
 */
abstract class Changes implements ArchitectureSolver {

  /**
   * A change that may have broken the proof.
   *
   * @param avoid search the architectures without the item, not those with it
   */
  record Pending(int layer, int item, boolean avoid) {}

  private final boolean[][] forbidden;
  private final int[] forced;
  private SolverTable table;
  private TargetForms target;
  private LiveProblem live;
  private Choice choice = Choice.UNKNOWN;
  private final List<Pending> pending = new ArrayList<>();

  Changes(SolverTable table, List<Row> rows) {
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
  public final SolverTable table() {
    return table;
  }

  @Override
  public final List<Row> rows() {
    return target.rows();
  }

  Choice choice() {
    return choice;
  }

  /** What a search has to look at to mend the proof, if the choice is proven; else everything. */
  List<Pending> pending() {
    return pending;
  }

  /** The compiled problem, null if the limits changed since it was last asked for. */
  LiveProblem compiled() {
    return live;
  }

  LiveProblem live() {
    if (live == null) {
      live = target.compile(table);
      for (int g = 0; g < table.layers(); g++) {
        syncUsable(g);
      }
    }
    return live;
  }

  @Override
  public final Change put(int layer, int item, double score) {
    table = table.withScore(layer, item, score);
    return live == null ? unsolved() : rescore(layer, item, score, false);
  }

  @Override
  public final Change put(int layer, int item, double score, double[] costs) {
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
    if (!mayChoose(layer, item)) {
      live.setUsable(layer, slot, false);
      if (!Double.isNaN(score)) {
        live.setScore(layer, slot, score);
      }
      return choice.has(layer, item)
          ? searchAll("the chosen item lost its score")
          : unchanged("the item cannot be chosen");
    }
    live.setScore(layer, slot, score);
    live.setUsable(layer, slot, true);
    if (!choice.proven()) {
      return searchAll("the last search was not finished");
    }
    if (!choice.known()) {
      return was && !recosted
          ? unchanged("still nothing fits, whatever the scores")
          : searchAll("nothing fitted without this item");
    }
    if (choice.has(layer, item)) {
      return recosted
          ? searchAll("costs of a chosen item changed")
          : reprice(layer, item, score <= before);
    }
    if (was && !recosted && score >= before) {
      return unchanged("an item that is not chosen became worse");
    }
    return judge(layer, item);
  }

  private Change reprice(int layer, int item, boolean better) {
    choice = choice.withObjective(live.problem.objective(slots()));
    if (better) {
      return new Change(Change.Effect.REPRICED, "a chosen item became better");
    }
    pending.add(new Pending(layer, item, true));
    return new Change(Change.Effect.SEARCH_NEEDED, "a chosen item became worse");
  }

  /** A new or better item: one reduced cost against the incumbent. */
  private Change judge(int layer, int item) {
    if (live.boundWith(layer, live.slot(layer, item)) >= choice.cut()) {
      return unchanged("no architecture with this item can beat the incumbent");
    }
    pending.add(new Pending(layer, item, false));
    return new Change(Change.Effect.SEARCH_NEEDED, "an architecture with this item may be better");
  }

  @Override
  public final Change retarget(List<Row> changed) {
    List<Row> next = checked(changed);
    boolean tighter =
        choice.proven() && pending.isEmpty() && TargetForms.onlyTightens(target.rows(), next);
    target = new TargetForms(next, target.earlier(), target.maxShared());
    live = null;
    if (tighter && (!choice.known() || live().problem.keepsLimits(slots()))) {
      choice = choice.withObjective(choice.objective());
      return unchanged("tighter limits that the incumbent keeps");
    }
    return searchAll("limits changed");
  }

  @Override
  public final Change forbid(int layer, int item) {
    table.checkPlace(layer, item);
    forbidden[layer][item] = true;
    return restrict(layer, "the chosen item was forbidden");
  }

  @Override
  public final Change force(int layer, int item) {
    table.checkPlace(layer, item);
    boolean free = forced[layer] < 0;
    forced[layer] = item;
    return free ? restrict(layer, "another item was chosen") : reopen(layer);
  }

  @Override
  public final Change allow(int layer, int item) {
    table.checkPlace(layer, item);
    boolean only = forced[layer] < 0;
    forbidden[layer][item] = false;
    forced[layer] = -1;
    if (!only || live == null || !choice.proven() || !choice.known() || !mayChoose(layer, item)) {
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
    boolean kept = !choice.known() || mayChoose(layer, choice.items()[layer]);
    return kept && choice.proven()
        ? unchanged("fewer items, none of them chosen")
        : searchAll(reason);
  }

  private Change reopen(int layer) {
    if (live != null) {
      syncUsable(layer);
    }
    return searchAll("items were allowed again");
  }

  @Override
  public final Change differFrom(List<List<Integer>> solutions, int shared) {
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
    choice = choice.doubted(Double.NEGATIVE_INFINITY);
    pending.clear();
    return new Change(Change.Effect.SEARCH_NEEDED, reason);
  }

  private boolean mayChoose(int layer, int item) {
    return table.hasScore(layer, item)
        && !forbidden[layer][item]
        && (forced[layer] < 0 || forced[layer] == item);
  }

  private void syncUsable(int layer) {
    for (int j = 0; j < table.items(layer); j++) {
      live.setUsable(layer, live.slot(layer, j), mayChoose(layer, j));
    }
  }

  /** Whether every chosen item may still be chosen. */
  boolean mayKeepChoice() {
    for (int g = 0; choice.known() && g < table.layers(); g++) {
      if (!mayChoose(g, choice.items()[g])) {
        return false;
      }
    }
    return choice.known();
  }

  /** The chosen items as slots of the compiled problem. */
  int[] slots() {
    int[] slots = new int[table.layers()];
    for (int g = 0; g < slots.length; g++) {
      slots[g] = live.slot(g, choice.items()[g]);
    }
    return slots;
  }

  /** A search is over. */
  void settle(Choice found) {
    choice = found;
    pending.clear();
  }

  @Override
  public final Infeasibility explain(SolveBudget budget) {
    SolverTable usable =
        table.withScores((g, j) -> mayChoose(g, j) ? table.score(g, j) : Double.NaN);
    return Conflicts.explain(
        usable, target.rows(), (t, rows, b) -> new IncrementalSolver(t, rows).solve(b), budget);
  }
}
