package puzzle.engine.solve;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.chocosolver.memory.IEnvironment;
import org.chocosolver.memory.IStateInt;
import org.chocosolver.solver.constraints.Propagator;
import org.chocosolver.solver.constraints.PropagatorPriority;
import org.chocosolver.solver.exception.ContradictionException;
import org.chocosolver.solver.variables.IntVar;
import org.chocosolver.util.ESat;

/**
 * The linear relaxation as a constraint. At each node: take the basis of the parent, drop the items
 * that are gone, re-optimise by the dual simplex, fail where the bound reaches the incumbent,
 * remove every item whose reduced cost lifts the bound to the incumbent, and record the
 * architecture where nothing mixes.
 *
 * <p>The incumbent is held here as a double. An integer objective variable ends at ±21,474,836, so
 * scores scaled into it would be resolved to 5e-8 only, and proofs would be about rounded scores.
 *
 * <p>Reversible state: the marks of the sparse sets, and the index of the saved basis. A basis
 * saved at a depth is overwritten only once the search is back above that depth.
 */
final class RelaxationPropagator extends Propagator<IntVar> {

  private static final long serialVersionUID = 1L;
  private static final double WHOLE = 1e-7;

  private final transient Core core;
  private final transient Problem problem;
  private final transient Relaxation relaxation;
  private final transient SharedIncumbent incumbent;
  private final transient IStateInt[] marks;
  private final transient IStateInt parent;
  private final transient List<WorkingBasis.Saved> bases = new ArrayList<>();
  private final int groups;
  private final int classes;
  private final double[] countShare;
  private double lastBound;
  private double rootBound = Double.NEGATIVE_INFINITY;
  long calls;

  RelaxationPropagator(Core core, SharedIncumbent incumbent, IntVar[] vars) {
    super(vars, PropagatorPriority.VERY_SLOW, false);
    this.core = core;
    this.problem = core.problem();
    this.groups = problem.groups;
    this.classes = vars.length - groups;
    this.incumbent = incumbent;
    this.relaxation = new Relaxation(problem, core.classes());
    this.countShare = new double[core.classes().count() + 1];
    IEnvironment environment = model.getEnvironment();
    this.marks = new IStateInt[groups];
    for (int g = 0; g < groups; g++) {
      marks[g] = environment.makeInt(relaxation.items.mark(g));
    }
    this.parent = environment.makeInt(-1);
  }

  @Override
  public void propagate(int mask) throws ContradictionException {
    calls++;
    restore();
    double cut = incumbent.cut() - core.fixedScore();
    Relaxation.End end = relaxation.solve(cut);
    if (end == Relaxation.End.INFEASIBLE) {
      fails();
    }
    lastBound = relaxation.bound();
    if (calls == 1) {
      rootBound = lastBound;
    }
    if (lastBound >= cut) {
      fails();
    }
    if (end == Relaxation.End.OPTIMAL && (calls % 4 == 1 || isWhole())) {
      offerRoundings();
      cut = incumbent.cut() - core.fixedScore();
      if (lastBound >= cut) {
        fails();
      }
    }
    filter(cut);
    int world = model.getEnvironment().getWorldIndex();
    while (bases.size() <= world) {
      bases.add(null);
    }
    bases.set(world, relaxation.save(bases.get(world)));
    parent.set(world);
    if (allInstantiated()) {
      int[] slots = new int[groups];
      for (int g = 0; g < groups; g++) {
        slots[g] = problem.start[g] + vars[g].getValue();
      }
      incumbent.offer(core.expand(slots));
      fails();
    }
  }

  private boolean allInstantiated() {
    for (int g = 0; g < groups; g++) {
      if (!vars[g].isInstantiated()) {
        return false;
      }
    }
    return true;
  }

  private void restore() {
    int from = parent.get();
    if (from >= 0) {
      relaxation.load(bases.get(from));
    }
    for (int g = 0; g < groups; g++) {
      int size = marks[g].get();
      relaxation.items.restore(g, size);
      if (vars[g].getDomainSize() < size) {
        int first = problem.start[g];
        for (int i = first + size - 1; i >= first; i--) {
          int slot = relaxation.items.list[i];
          if (!vars[g].contains(slot - first)) {
            relaxation.items.remove(g, slot);
          }
        }
        marks[g].set(relaxation.items.mark(g));
      }
    }
    for (int k = 0; k < classes; k++) {
      IntVar count = vars[groups + k];
      if (count.getUB() < groups) {
        relaxation.limitCount(k, true, count.getUB());
      }
      if (count.getLB() > 0) {
        relaxation.limitCount(k, false, count.getLB());
      }
    }
  }

  private void filter(double cut) throws ContradictionException {
    double room = cut - lastBound;
    for (int g = 0; g < groups; g++) {
      int size = relaxation.items.size(g);
      if (size < 2) {
        continue;
      }
      int first = problem.start[g];
      double least = Double.POSITIVE_INFINITY;
      for (int i = first; i < first + size; i++) {
        least = Math.min(least, relaxation.price(relaxation.items.list[i]));
      }
      for (int i = first + size - 1; i >= first; i--) {
        int slot = relaxation.items.list[i];
        if (relaxation.price(slot) - least >= room) {
          relaxation.items.remove(g, slot);
          vars[g].removeValue(slot - first, this);
        }
      }
      marks[g].set(relaxation.items.mark(g));
    }
  }

  private boolean isWhole() {
    for (int g = 0; g < groups; g++) {
      if (relaxation.mixes(g)) {
        return false;
      }
    }
    return true;
  }

  /** Every way of rounding the layers that mix. */
  private void offerRoundings() {
    Rounding.offerAll(relaxation, problem, core, incumbent);
  }

  double lastBound() {
    return lastBound;
  }

  double rootBound() {
    return rootBound;
  }

  /** Cost class whose total share is furthest from whole, -1 if all are whole. */
  int mostFractionalCount() {
    Arrays.fill(countShare, 0);
    for (int g = 0; g < groups; g++) {
      int k = relaxation.key(g);
      if (!relaxation.mixes(g)) {
        countShare[core.classes().first()[k]] += 1;
        countShare[core.classes().second()[k]] += 1;
      } else {
        for (int i = problem.start[g]; i < problem.start[g] + relaxation.items.size(g); i++) {
          int slot = relaxation.items.list[i];
          double share = relaxation.share(slot);
          countShare[core.classes().first()[slot]] += share;
          countShare[core.classes().second()[slot]] += share;
        }
      }
    }
    int most = -1;
    double furthest = 1e-4;
    for (int k = 0; k < classes; k++) {
      double away = Math.abs(countShare[k] - Math.rint(countShare[k]));
      if (away > furthest) {
        furthest = away;
        most = k;
      }
    }
    return most;
  }

  double countShare(int costClass) {
    return countShare[costClass];
  }

  /** The largest share of the most evenly mixed layer; any open layer where none mixes. */
  int branchingSlot() {
    int best = -1;
    double mostEven = 1 - WHOLE;
    for (int g = 0; g < groups; g++) {
      if (!relaxation.mixes(g) || relaxation.items.size(g) < 2) {
        continue;
      }
      int largest = -1;
      double share = -1;
      for (int i = problem.start[g]; i < problem.start[g] + relaxation.items.size(g); i++) {
        double x = relaxation.share(relaxation.items.list[i]);
        if (x > share) {
          share = x;
          largest = relaxation.items.list[i];
        }
      }
      if (share < mostEven) {
        mostEven = share;
        best = largest;
      }
    }
    if (best >= 0) {
      return best;
    }
    for (int g = 0; g < groups; g++) {
      if (relaxation.items.size(g) > 1) {
        return relaxation.key(g);
      }
    }
    return -1;
  }

  @Override
  public ESat isEntailed() {
    return ESat.TRUE;
  }
}
