package puzzle.engine.solve;

import java.util.List;
import java.util.function.Consumer;

/**
 * The solver: a compiled problem that follows the table, an incumbent with its proof, and a list of
 * what could have broken the proof since ({@link Changes}).
 *
 * <p>The searches that single changes ask for add up; beyond a few, one search of everything from
 * the old incumbent is cheaper.
 */
public final class IncrementalSolver extends Changes {

  private static final int MOST_PARTIAL_SEARCHES = 6;

  private double cutoff = Double.POSITIVE_INFINITY;

  /** The description of {@link #described}. */
  private Solution current;

  private Choice described;

  public IncrementalSolver(SolverTable table, List<Row> rows) {
    super(table, rows);
  }

  @Override
  public Solution solve(SolveBudget budget, Consumer<Solution> onImprovement) {
    Clock clock = new Clock(budget);
    LiveProblem live = live();
    if (!choice().proven() || !pending().isEmpty()) {
      search(live, budget, clock, onImprovement);
    }
    Solution solution = current();
    onImprovement.accept(solution);
    return solution;
  }

  private void search(
      LiveProblem live, SolveBudget budget, Clock clock, Consumer<Solution> onImprovement) {
    if (live.hasEmptyLayer() || live.solveRoot() == Relaxation.End.INFEASIBLE) {
      settle(Choice.NOTHING_FITS, 1, clock);
      return;
    }
    SharedIncumbent incumbent =
        new SharedIncumbent(
            live.problem,
            best -> onImprovement.accept(describe(choice(live, best, false), 0, clock.seconds())));
    incumbent.setCutoff(cutoff);
    boolean known = mayKeepChoice() && incumbent.offer(slots());
    incumbent.raiseBound(live.bound());
    List<Pending> pending = pending();
    long nodes = 0;
    boolean done;
    if (choice().proven() && known && pending.size() <= MOST_PARTIAL_SEARCHES) {
      done = true;
      incumbent.setPartial(true);
      for (int i = 0; i < pending.size() && done; i++) {
        Search search = new Search(live.problem, live::classes, incumbent, clock, budget);
        done = searchAround(live, pending.get(i), search, incumbent);
        nodes += search.nodes;
      }
      incumbent.setPartial(false);
    } else {
      Search search = new Search(live.problem, live::classes, incumbent, clock, budget);
      live.loadRoot();
      done = search.run(live.relaxation);
      nodes = search.nodes;
    }
    if (done) {
      incumbent.close();
    }
    settle(choice(live, incumbent, done), nodes, clock);
  }

  /** Architectures with the new item, or without the worsened one. */
  private static boolean searchAround(
      LiveProblem live, Pending change, Search search, SharedIncumbent incumbent) {
    int g = change.layer();
    int slot = live.slot(g, change.item());
    if (!live.isUsable(slot) || (!change.avoid() && live.boundWith(g, slot) >= incumbent.cut())) {
      return true;
    }
    ItemSets items = live.relaxation.items;
    if (change.avoid() && items.size(g) == 1) {
      return true;
    }
    int mark = items.mark(g);
    if (change.avoid()) {
      items.remove(g, slot);
    } else {
      items.only(g, slot);
    }
    live.loadRoot();
    boolean done = search.run(live.relaxation);
    items.restore(g, mark);
    return done;
  }

  private static Choice choice(LiveProblem live, SharedIncumbent best, boolean proven) {
    int[] slots = best.slots();
    int[] items = slots == null ? null : live.items(slots);
    return new Choice(items, best.objective(), best.bound(), proven);
  }

  private void settle(Choice found, long nodes, Clock clock) {
    super.settle(found);
    described = found;
    current = describe(found, nodes, clock.seconds());
  }

  private Solution describe(Choice choice, long nodes, double seconds) {
    return Solutions.of(table(), rows(), choice, compiled(), nodes, seconds);
  }

  @Override
  public Solution current() {
    if (described != choice()) {
      if (choice().known() && !mayKeepChoice()) {
        settle(choice().withoutItems());
      }
      described = choice();
      Choice known = pending().isEmpty() ? described : described.doubted(live().bound());
      current = describe(known, 0, 0);
    }
    return current;
  }

  /** Lower bound on architectures with this item, at the multipliers of the last search. */
  public double boundWith(int layer, int item) {
    LiveProblem live = live();
    int slot = live.slot(layer, item);
    return live.isUsable(slot) ? live.boundWith(layer, slot) : Double.POSITIVE_INFINITY;
  }

  /** Only architectures better than this are of interest; others may be reported as infeasible. */
  void setCutoff(double value) {
    cutoff = value;
  }
}
