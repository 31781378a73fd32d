package puzzle.actors.simulation;

import java.util.List;
import java.util.function.Consumer;
import puzzle.engine.solve.ArchitectureSolver;
import puzzle.engine.solve.Change;
import puzzle.engine.solve.IncrementalSolver;
import puzzle.engine.solve.Infeasibility;
import puzzle.engine.solve.Row;
import puzzle.engine.solve.Solution;
import puzzle.engine.solve.SolveBudget;
import puzzle.engine.solve.SolverTable;

/** The real solver; the oracle sees what it searched, and no schedule sees how long it took. */
final class WatchedSolver implements ArchitectureSolver {

  private final ArchitectureSolver real;
  private final Oracle oracle;

  WatchedSolver(SolverTable table, List<Row> rows, Oracle oracle) {
    this.real = new IncrementalSolver(table, rows);
    this.oracle = oracle;
  }

  @Override
  public SolverTable table() {
    return real.table();
  }

  @Override
  public List<Row> rows() {
    return real.rows();
  }

  @Override
  public Change put(int layer, int item, double score) {
    return real.put(layer, item, score);
  }

  @Override
  public Change put(int layer, int item, double score, double[] costs) {
    return real.put(layer, item, score, costs);
  }

  @Override
  public Change retarget(List<Row> rows) {
    return real.retarget(rows);
  }

  @Override
  public Change forbid(int layer, int item) {
    return real.forbid(layer, item);
  }

  @Override
  public Change force(int layer, int item) {
    return real.force(layer, item);
  }

  @Override
  public Change allow(int layer, int item) {
    return real.allow(layer, item);
  }

  @Override
  public Change differFrom(List<List<Integer>> earlier, int maxShared) {
    return real.differFrom(earlier, maxShared);
  }

  @Override
  public Solution solve(SolveBudget budget, Consumer<Solution> onImprovement) {
    Solution s = real.solve(budget, onImprovement);
    oracle.searched(real.table(), s.objective());
    return new Solution(
        s.status(),
        s.choices(),
        s.objective(),
        s.bound(),
        s.gap(),
        s.proven(),
        s.totals(),
        s.limits(),
        s.nodes(),
        0,
        s.infeasibility());
  }

  @Override
  public Solution current() {
    return real.current();
  }

  @Override
  public Infeasibility explain(SolveBudget budget) {
    return real.explain(budget);
  }
}
