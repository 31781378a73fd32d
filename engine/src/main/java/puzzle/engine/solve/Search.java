package puzzle.engine.solve;

import java.util.Arrays;

/**
 * One search of a compiled problem: relaxation, first architectures, removal of items that cannot
 * matter, then two exact methods in turns of growing length until one of them closes the gap.
 *
 * <p>The tree ({@link TreeSearch}) wins where the relaxation is tight; the layered programme (the
 * layered programme) where many layers are nearly interchangeable and the relaxation is not. Which
 * of the two an instance is cannot be seen beforehand; turns cost at most a constant factor. Turns
 * are counted in nodes and states, never in time, so one thread is deterministic.
 */
final class Search {

  /** States kept for the way back: bounds the memory of the layered programme. */
  private static final long MOST_RECORDED = 8_000_000;

  private final Problem problem;
  private final Kinds kinds;
  private final Incumbent incumbent;
  private final Clock clock;
  private final double gap;
  private final boolean[] left;
  private double[] multipliers;
  private boolean infeasible;
  long nodes;

  Search(Problem problem, Kinds kinds, Incumbent incumbent, Clock clock, double gap) {
    this.problem = problem;
    this.kinds = kinds;
    this.incumbent = incumbent;
    this.clock = clock;
    this.gap = gap;
    this.left = new boolean[problem.item.length];
    Arrays.fill(left, true);
  }

  /** True when the search ended with a proof (of the incumbent, or that nothing fits). */
  boolean run() {
    Dominance.remove(problem, left);
    Core core = Core.of(problem, kinds, left);
    int turn = 0;
    while (true) {
      if (core.problem.groups == 0) {
        incumbent.offer(core.expand(new int[0]));
        return finish();
      }
      Relaxation relaxation = new Relaxation(core.problem, core.kinds);
      double cut = incumbent.cut() - core.fixedScore;
      Relaxation.End end = relaxation.solve(cut);
      if (multipliers == null) {
        multipliers = new double[problem.rows];
        for (int k = 0; k < problem.rows; k++) {
          multipliers[k] = relaxation.multiplier(k);
        }
      }
      if (end == Relaxation.End.INFEASIBLE || relaxation.bound() >= cut) {
        return finish();
      }
      incumbent.raiseBound(relaxation.bound() + core.fixedScore);
      if (end == Relaxation.End.OPTIMAL) {
        Rounding.offerAll(relaxation, core.problem, core, incumbent);
      }
      if (turn == 0) {
        Improver.improve(core, relaxation, incumbent);
      }
      cut = incumbent.cut() - core.fixedScore;
      if (relaxation.bound() >= cut) {
        return finish();
      }
      if (done()) {
        return false;
      }
      Core smaller = fix(core, relaxation, cut);
      boolean shrunk = smaller.problem.item.length < core.problem.item.length;
      core = smaller;
      if (shrunk && turn == 0) {
        turn++;
        continue;
      }
      turn++;
      if (core.problem.groups > 0 && turn(core, turn)) {
        return finish();
      }
      if (done()) {
        return false;
      }
    }
  }

  private boolean finish() {
    if (incumbent.slots() != null) {
      incumbent.close();
    } else {
      infeasible = true;
    }
    return true;
  }

  private boolean done() {
    return incumbent.gap() <= gap || clock.expired();
  }

  private Core fix(Core core, Relaxation relaxation, double cut) {
    double room = cut - relaxation.bound();
    Problem p = core.problem;
    for (int g = 0; g < p.groups; g++) {
      double least = Double.POSITIVE_INFINITY;
      for (int s = p.start[g]; s < p.start[g + 1]; s++) {
        least = Math.min(least, relaxation.price(s));
      }
      for (int s = p.start[g]; s < p.start[g + 1]; s++) {
        if (relaxation.price(s) - least >= room) {
          left[core.rootSlot(s)] = false;
        }
      }
    }
    return Core.of(problem, kinds, left);
  }

  /** One turn of both methods; true when one of them closed the gap. */
  private boolean turn(Core core, int turn) {
    int width = (int) Math.min(32L << Math.min(2 * turn, 40), MOST_RECORDED / core.problem.groups);
    LayeredProgramme.Outcome diagram =
        new LayeredProgramme(core, incumbent, multipliers).run(width, clock);
    nodes += diagram.states();
    if (diagram.complete()) {
      return true;
    }
    incumbent.raiseBound(Math.min(diagram.bound(), incumbent.cut()));
    if (done()) {
      return false;
    }
    TreeSearch tree = new TreeSearch(core, incumbent, turn % 2 == 0);
    TreeSearch.Outcome outcome = tree.run(100L << Math.min(2 * turn, 40), clock);
    nodes += outcome.nodes();
    if (outcome.complete()) {
      return true;
    }
    incumbent.raiseBound(Math.min(outcome.bound(), incumbent.cut()));
    return false;
  }

  boolean infeasible() {
    return infeasible;
  }

  /** Multipliers of the root relaxation, by row of the problem; null before it was solved. */
  double[] multipliers() {
    return multipliers;
  }
}
