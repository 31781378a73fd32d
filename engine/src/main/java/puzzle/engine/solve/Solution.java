package puzzle.engine.solve;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An answer with its certificate: no architecture within the limits has an objective below {@code
 * bound}.
 *
 * @param choices item per layer; empty if no architecture is known
 * @param objective sum of the chosen scores, rounded once; positive infinity without choices
 * @param bound certified lower bound, at most the objective; positive infinity when infeasible
 * @param gap (objective - bound) / max(|objective|, 1e-12); 0 when proven, infinite without choices
 * @param proven optimal to 1e-9 relative, or infeasible for certain
 * @param totals sum of every stat over the chosen items, in the table's order
 * @param limits the rows, with their totals and shadow prices
 * @param nodes nodes of the search tree and states of the layered programme
 * @param seconds wall time of the call that produced it
 * @param infeasibility present when the status says so and the reason has been worked out
 */
public record Solution(
    Status status,
    List<Integer> choices,
    double objective,
    double bound,
    double gap,
    boolean proven,
    Map<String, Double> totals,
    List<LimitState> limits,
    long nodes,
    double seconds,
    Optional<Infeasibility> infeasibility) {

  /** What is known. */
  public enum Status {
    OPTIMAL,
    FEASIBLE,
    INFEASIBLE,
    /** The budget ended before an architecture or a proof was found. */
    UNKNOWN
  }

  /**
   * One row at the solution.
   *
   * @param shadowPrice how much the bound falls for one more unit of the stat allowed; negative
   *     where a lower limit binds; 0 if the row does not bind
   */
  public record LimitState(Row row, double total, boolean binding, double shadowPrice) {}

  public Solution {
    choices = List.copyOf(choices);
    totals = Collections.unmodifiableMap(new LinkedHashMap<>(totals));
    limits = List.copyOf(limits);
  }

  /** The same architecture with a bound that holds for more than its own search. */
  Solution withBound(double wider, boolean certain) {
    return new Solution(
        certain ? Status.OPTIMAL : Status.FEASIBLE,
        choices,
        objective,
        certain ? objective : wider,
        certain ? 0 : (objective - wider) / Math.max(Math.abs(objective), 1e-12),
        certain,
        totals,
        limits,
        nodes,
        seconds,
        infeasibility);
  }

  /** The same answer with the reason why nothing fits. */
  public Solution with(Infeasibility reason) {
    return new Solution(
        status,
        choices,
        objective,
        bound,
        gap,
        proven,
        totals,
        limits,
        nodes,
        seconds,
        Optional.of(reason));
  }

  public boolean found() {
    return !choices.isEmpty();
  }
}
