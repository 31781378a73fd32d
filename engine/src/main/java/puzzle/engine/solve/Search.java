package puzzle.engine.solve;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/**
 * One search of a compiled problem: relaxation, first architectures, removal of items that cannot
 * matter, then two exact methods in turns of growing length until one of them closes the gap.
 *
 * <p>The tree ({@link TreeSearch}) wins where the relaxation is tight; the layered programme
 * ({@link LayeredProgramme}) where many layers are nearly interchangeable and the relaxation is
 * not. Which of the two an instance is cannot be seen beforehand; turns cost at most a constant
 * factor. Turns are counted in nodes and states, never in time, so one thread is deterministic.
 */
final class Search {

  /** States kept for the way back: bounds the memory of the layered programme. */
  private static final long MOST_RECORDED = 8_000_000;

  private static final int FIRST_WIDTH = 16;
  private static final int FIRST_NODES = 400;

  private final Problem problem;
  private final Supplier<CostClasses> classes;
  private final SharedIncumbent incumbent;
  private final Clock clock;
  private final double gap;
  private final int threads;
  private final boolean[] left;
  private double[] multipliers;
  private boolean improve;
  long nodes;

  /**
   * @param classes of the problem, asked for only when a tree or a programme is needed
   * @param budget gap at which to stop, threads to use
   */
  Search(
      Problem problem,
      Supplier<CostClasses> classes,
      SharedIncumbent incumbent,
      Clock clock,
      SolveBudget budget) {
    this.problem = problem;
    this.classes = classes;
    this.incumbent = incumbent;
    this.clock = clock;
    this.gap = budget.gap();
    this.threads = budget.threads();
    this.left = new boolean[problem.item.length];
  }

  /**
   * Searches the items that the relaxation has left.
   *
   * @param root over the whole problem, with a basis to start from
   * @return true when nothing below the incumbent's cut is left among them: a proof
   */
  boolean run(Relaxation root) {
    nodes++;
    improve = incumbent.slots() == null;
    Relaxation.End end = root.solve(incumbent.cut());
    if (end == Relaxation.End.INFEASIBLE || root.bound() >= incumbent.cut()) {
      return true;
    }
    incumbent.raiseBound(root.bound());
    if (end == Relaxation.End.OPTIMAL) {
      int[] slots = new int[problem.groups];
      if (Rounding.best(root, problem, problem.budget, 0, incumbent.cut(), slots)) {
        incumbent.offer(slots);
      }
    }
    if (root.bound() >= incumbent.cut()) {
      return true;
    }
    multipliers = root.multipliers();
    double room = incumbent.cut() - root.bound();
    for (int g = 0; g < problem.groups; g++) {
      double least = root.leastPrice(g);
      for (int i = problem.start[g]; i < problem.start[g] + root.items.size(g); i++) {
        int s = root.items.list[i];
        left[s] = root.price(s) - least < room;
      }
    }
    Dominance.remove(problem, left);
    return turns();
  }

  private boolean turns() {
    CostClasses all = classes.get();
    Core core = Core.of(problem, all, left);
    for (int turn = 0; ; turn++) {
      // Removing items with a better incumbent may remove more: again while it shrinks well.
      for (int size = Integer.MAX_VALUE; core.problem().item.length < 0.9 * size; ) {
        if (core.problem().groups == 0) {
          incumbent.offer(core.expand(new int[0]));
          return true;
        }
        size = core.problem().item.length;
        Relaxation relaxation = new Relaxation(core.problem(), core.classes());
        Relaxation.End end = relaxation.solve(incumbent.cut() - core.fixedScore());
        if (end == Relaxation.End.INFEASIBLE || closed(core, relaxation)) {
          return true;
        }
        incumbent.raiseBound(relaxation.bound() + core.fixedScore());
        if (end == Relaxation.End.OPTIMAL) {
          Rounding.offerAll(relaxation, core.problem(), core, incumbent);
        }
        if (turn == 0 && improve) {
          Improver.improve(core, relaxation, incumbent, clock);
        }
        if (closed(core, relaxation)) {
          return true;
        }
        core = shrink(core, relaxation, all);
      }
      if (core.problem().groups == 0) {
        continue;
      }
      if (done()) {
        return false;
      }
      if (turn(core, turn)) {
        return true;
      }
      if (done()) {
        return false;
      }
    }
  }

  private boolean closed(Core core, Relaxation relaxation) {
    return relaxation.bound() >= incumbent.cut() - core.fixedScore();
  }

  private boolean done() {
    return incumbent.gap() <= gap || clock.expired();
  }

  /** Removes the items whose reduced cost lifts the bound to the incumbent. */
  private Core shrink(Core core, Relaxation relaxation, CostClasses all) {
    double room = incumbent.cut() - core.fixedScore() - relaxation.bound();
    Problem p = core.problem();
    for (int g = 0; g < p.groups; g++) {
      double least = relaxation.leastPrice(g);
      for (int s = p.start[g]; s < p.start[g + 1]; s++) {
        if (relaxation.price(s) - least >= room) {
          left[core.rootSlot(s)] = false;
        }
      }
    }
    return Core.of(problem, all, left);
  }

  /** One turn of both methods; true when one of them closed the gap. */
  private boolean turn(Core core, int turn) {
    if (turn == 0 && !improve) {
      return tree(core, 1, FIRST_NODES, clock);
    }
    int shift = Math.min(2 * turn, 40);
    int width = (int) Math.min((long) FIRST_WIDTH << shift, MOST_RECORDED / core.problem().groups);
    long limit = (long) FIRST_NODES << shift;
    if (threads > 1) {
      return bothAtOnce(core, turn, width, limit);
    }
    LayeredProgramme programme = new LayeredProgramme(core, incumbent, multipliers);
    return close(programme.run(width, clock)) || (!done() && tree(core, turn, limit, clock));
  }

  /** The two methods side by side, each helped by the other's incumbents; one proof ends both. */
  private boolean bothAtOnce(Core core, int turn, int width, long limit) {
    AtomicBoolean proven = new AtomicBoolean();
    Clock shared = clock.orWhen(proven::get);
    CompletableFuture<LayeredProgramme.Outcome> other =
        CompletableFuture.supplyAsync(
            () -> {
              LayeredProgramme.Outcome outcome =
                  new LayeredProgramme(core, incumbent, multipliers).run(width, shared);
              if (outcome.complete()) {
                proven.set(true);
              }
              return outcome;
            });
    boolean byTree = tree(core, turn, limit, shared);
    if (byTree) {
      proven.set(true);
    }
    return close(other.join()) || byTree;
  }

  private boolean close(LayeredProgramme.Outcome outcome) {
    nodes += outcome.states();
    if (!outcome.complete()) {
      incumbent.raiseBound(Math.min(outcome.bound(), incumbent.cut()));
    }
    return outcome.complete();
  }

  private boolean tree(Core core, int turn, long limit, Clock until) {
    TreeSearch tree = new TreeSearch(core, incumbent, turn % 2 == 0);
    TreeSearch.Outcome outcome = tree.run(limit, until);
    nodes += outcome.nodes();
    if (outcome.complete()) {
      return true;
    }
    incumbent.raiseBound(Math.min(outcome.bound(), incumbent.cut()));
    return false;
  }
}
