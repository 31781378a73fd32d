package puzzle.model;

import java.util.List;

/**
 * Proof that no architecture meets a target.
 *
 * @param conflict limits that cannot be met together, in words
 * @param relaxations for each limit, the nearest value that can be met with the others kept
 */
public record Infeasible(List<String> conflict, List<Relaxation> relaxations) {

  /**
   * One way out.
   *
   * @param limit in the words of the run file
   * @param given as asked for, in the stat's unit
   * @param feasible the nearest value that can be met, or NaN if none can
   */
  public record Relaxation(String limit, double given, double feasible) {}

  public Infeasible {
    conflict = conflict == null ? List.of() : List.copyOf(conflict);
    relaxations = relaxations == null ? List.of() : List.copyOf(relaxations);
  }
}
