package puzzle.engine.solve;

import java.util.Arrays;
import org.chocosolver.solver.Model;
import org.chocosolver.solver.Solver;
import org.chocosolver.solver.constraints.Constraint;
import org.chocosolver.solver.search.strategy.assignments.DecisionOperatorFactory;
import org.chocosolver.solver.search.strategy.decision.Decision;
import org.chocosolver.solver.search.strategy.decision.DecisionPath;
import org.chocosolver.solver.search.strategy.strategy.AbstractStrategy;
import org.chocosolver.solver.variables.IntVar;

/**
 * Depth-first search in Choco over a core: one variable per layer that is still open, one per
 * counted cost class, and the {@link RelaxationPropagator} as the only constraint.
 *
 * <p><b>Branching.</b> Where layers are interchangeable in cost, first on how many of them use a
 * cost class: the relaxation mixes cost classes across layers and any one layer's branch leaves its
 * value as it was, while "at most n, at least n + 1" cuts the mixture off in both branches.
 * Otherwise the layer whose mixture is most even, at its largest share.
 *
 * <p><b>The bound when stopped</b> is the least over the branches not yet entered, each bounded by
 * its parent's relaxation.
 */
final class TreeSearch {

  private final Core core;
  private final Model model;
  private final IntVar[] layers;
  private final IntVar[] counts;
  private final RelaxationPropagator propagator;
  private double[] boundAt = new double[64];

  TreeSearch(Core core, SharedIncumbent incumbent, boolean countClasses) {
    this.core = core;
    this.model = new Model("architecture");
    this.layers = new IntVar[core.problem().groups];
    for (int g = 0; g < layers.length; g++) {
      layers[g] = model.intVar(null, 0, core.problem().size(g) - 1, false);
    }
    int classes = countClasses ? core.classes().count() : 0;
    this.counts = new IntVar[classes];
    for (int k = 0; k < classes; k++) {
      counts[k] = model.intVar(null, 0, layers.length, true);
    }
    IntVar[] all = new IntVar[layers.length + classes];
    System.arraycopy(layers, 0, all, 0, layers.length);
    System.arraycopy(counts, 0, all, layers.length, classes);
    this.propagator = new RelaxationPropagator(core, incumbent, all);
    model.post(new Constraint("relaxation", propagator));
    model.getSolver().setSearch(new Branching(all));
  }

  /** What a search came to. */
  record Outcome(boolean complete, double bound, long nodes) {}

  Outcome run(long nodeLimit, Clock clock) {
    Solver solver = model.getSolver();
    // Sticky: Choco asks again after the end, and a clock that is polled now and then would differ.
    boolean[] stopped = {false};
    long[] polls = {0};
    solver.addStopCriterion(
        () -> {
          stopped[0] |= propagator.calls >= nodeLimit || ((++polls[0] & 7) == 0 && clock.expired());
          return stopped[0];
        });
    while (solver.solve()) {
      // Unreachable: the propagator records what it finds and fails.
    }
    boolean complete = !stopped[0];
    double bound = Double.POSITIVE_INFINITY;
    if (!complete) {
      DecisionPath path = solver.getDecisionPath();
      bound = propagator.lastBound();
      for (int i = 1; i < path.size(); i++) {
        Decision<?> decision = path.getDecision(i);
        if (i < boundAt.length && (decision.hasNext() || i == path.size() - 1)) {
          bound = Math.min(bound, boundAt[i]);
        }
      }
      bound = Math.max(bound, propagator.rootBound());
    }
    return new Outcome(complete, bound + core.fixedScore(), propagator.calls);
  }

  /** Counts of cost classes first, then the most evenly mixed layer. */
  private final class Branching extends AbstractStrategy<IntVar> {

    Branching(IntVar[] vars) {
      super(vars);
    }

    @Override
    public Decision<IntVar> getDecision() {
      DecisionPath path = model.getSolver().getDecisionPath();
      int depth = path.size();
      if (depth >= boundAt.length) {
        boundAt = Arrays.copyOf(boundAt, 2 * depth);
      }
      boundAt[depth] = propagator.lastBound();
      int costClass = counts.length == 0 ? -1 : propagator.mostFractionalCount();
      if (costClass >= 0) {
        double value = propagator.countShare(costClass);
        int floor = (int) Math.floor(value);
        boolean up = value - floor > 0.5;
        return up
            ? path.makeIntDecision(
                counts[costClass], DecisionOperatorFactory.makeIntReverseSplit(), floor + 1)
            : path.makeIntDecision(
                counts[costClass], DecisionOperatorFactory.makeIntSplit(), floor);
      }
      int slot = propagator.branchingSlot();
      if (slot < 0) {
        return null;
      }
      int g = core.classes().group()[slot];
      return path.makeIntDecision(
          layers[g], DecisionOperatorFactory.makeIntEq(), slot - core.problem().start[g]);
    }
  }
}
