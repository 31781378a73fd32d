package puzzle.engine.solve;

import java.util.List;
import java.util.function.Consumer;

/**
 * Finds and keeps the best architecture while scores, costs and limits change (appendix B).
 *
 * <p>Changes are cheap and say at once whether a search is needed; {@link #solve} searches, from
 * what is known, and only where the changes can matter. A solver is used by one thread at a time;
 * to interrupt it, let {@link SolveBudget#cancelled} return true. After an interruption nothing is
 * lost: the next {@code solve} continues from the incumbent and its bound.
 *
 * <p>Items without a score cannot be chosen.
 */
public interface ArchitectureSolver {

  /** The table as it stands after all changes. */
  SolverTable table();

  List<Row> rows();

  /** A score arrived or changed. */
  Change put(int layer, int item, double score);

  /**
   * A score and costs arrived or changed.
   *
   * @param costs one value per stat, in the table's order
   */
  Change put(int layer, int item, double score, double[] costs);

  /** The limits changed. */
  Change retarget(List<Row> rows);

  /** The item may not be chosen. */
  Change forbid(int layer, int item);

  /** The item must be chosen in its layer; replaces an earlier {@code force} of that layer. */
  Change force(int layer, int item);

  /** Takes back {@link #forbid} of the item and {@link #force} of the layer. */
  Change allow(int layer, int item);

  /**
   * Asks for solutions that choose the same item as each earlier one in at most {@code maxShared}
   * layers.
   */
  Change differFrom(List<List<Integer>> earlier, int maxShared);

  /**
   * Searches until proven, or until the budget ends.
   *
   * @param onImprovement called from the searching thread with each better architecture or better
   *     bound; the last one equals the result
   */
  Solution solve(SolveBudget budget, Consumer<Solution> onImprovement);

  default Solution solve(SolveBudget budget) {
    return solve(budget, improvement -> {});
  }

  /** The incumbent; status UNKNOWN before the first {@link #solve}. */
  Solution current();

  /** Why nothing fits: worked out on request, as it costs several searches. */
  Infeasibility explain(SolveBudget budget);
}
