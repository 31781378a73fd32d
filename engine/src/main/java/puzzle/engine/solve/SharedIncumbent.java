package puzzle.engine.solve;

/**
 * The best architecture of a compiled problem and the bound that is proven, shared by the methods
 * that search it. An offer is taken only after the exact check of its limits.
 */
final class SharedIncumbent {

  /** Proofs are to this relative gap. */
  static final double PROOF = 2e-10;

  /** Told of each better architecture and each better bound. */
  interface Watcher {
    void improved(SharedIncumbent incumbent);
  }

  private final Problem problem;
  private final Watcher watcher;

  /** Rounding in sums of scores: differences below it are none. */
  private final double smallest;

  private int[] slots;
  private double objective = Double.POSITIVE_INFINITY;
  private double bound = Double.NEGATIVE_INFINITY;
  private double cutoff = Double.POSITIVE_INFINITY;
  private boolean partial;

  SharedIncumbent(Problem problem, Watcher watcher) {
    this.problem = problem;
    this.watcher = watcher;
    double size = 0;
    for (int g = 0; g < problem.groups; g++) {
      double largest = 0;
      for (int s = problem.start[g]; s < problem.start[g + 1]; s++) {
        double score = Math.abs(problem.score[s]);
        largest = score > largest ? score : largest; // false for a missing score
      }
      size += largest;
    }
    this.smallest = 1e-13 * size;
  }

  /** Takes the architecture if it keeps the limits and is better. */
  synchronized boolean offer(int[] candidate) {
    double quick = 0;
    for (int s : candidate) {
      quick += problem.score[s];
    }
    if (quick >= objective || !problem.keepsLimits(candidate)) {
      return false;
    }
    double exact = problem.objective(candidate);
    if (exact >= objective) {
      return false;
    }
    slots = candidate.clone();
    objective = exact;
    watcher.improved(this);
    return true;
  }

  /** Everything with a lower bound at or above this can go. */
  synchronized double cut() {
    return objective == Double.POSITIVE_INFINITY
        ? cutoff
        : Math.min(cutoff, objective - Math.max(PROOF * Math.abs(objective), smallest));
  }

  /** Architectures from this value on are of no interest, though none better is known. */
  void setCutoff(double value) {
    cutoff = value;
  }

  /** While a part of the architectures is searched, its bounds say nothing of all. */
  synchronized void setPartial(boolean now) {
    partial = now;
  }

  /** A proven lower bound on all architectures. */
  synchronized void raiseBound(double proven) {
    if (partial) {
      return;
    }
    double raised = Math.min(proven, objective);
    if (raised > bound) {
      boolean worthTelling = raised - bound > 1e-6 * Math.abs(objective);
      bound = raised;
      if (worthTelling) {
        watcher.improved(this);
      }
    }
  }

  /** Nothing below the cut is left. */
  synchronized void close() {
    bound = objective;
  }

  synchronized double gap() {
    return slots == null
        ? Double.POSITIVE_INFINITY
        : Math.max(0, objective - bound) / Math.max(Math.abs(objective), 1e-12);
  }

  synchronized int[] slots() {
    return slots;
  }

  synchronized double objective() {
    return objective;
  }

  synchronized double bound() {
    return bound;
  }
}
