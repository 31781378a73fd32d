package puzzle.engine.solve;

import java.util.List;

/**
 * Why no architecture fits.
 *
 * @param conflict limits that cannot hold together, none of which can be left out of the conflict;
 *     empty when nothing may be chosen whatever the limits
 * @param relaxations for each limit of the target that alone could be moved to make it feasible
 * @param proven true if both were worked out completely, false if the budget ended before
 */
public record Infeasibility(List<Row> conflict, List<Relaxation> relaxations, boolean proven) {

  /**
   * The smallest move of one limit that would be feasible with every other limit kept.
   *
   * @param limit the limit as asked for, one-sided
   * @param feasible the nearest value that works, in the stat's unit
   */
  public record Relaxation(Row limit, double feasible) {}

  public Infeasibility {
    conflict = List.copyOf(conflict);
    relaxations = List.copyOf(relaxations);
  }
}
