package puzzle.engine.solve;

import com.google.ortools.Loader;
import com.google.ortools.linearsolver.MPConstraint;
import com.google.ortools.linearsolver.MPSolver;
import com.google.ortools.linearsolver.MPSolverParameters;
import com.google.ortools.linearsolver.MPVariable;
import com.google.ortools.sat.BoolVar;
import com.google.ortools.sat.CpModel;
import com.google.ortools.sat.CpSolver;
import com.google.ortools.sat.CpSolverStatus;
import com.google.ortools.sat.LinearExpr;
import com.google.ortools.sat.LinearExprBuilder;
import java.util.ArrayList;
import java.util.List;

/**
 * The same problem given to other solvers, each on one thread and with the same relative gap.
 * CP-SAT takes whole numbers: scores and costs are scaled to 2^40 per row, rounded so that it may
 * keep an architecture that is 1e-10 too dear but loses none.
 */
final class Rivals {

  /** What a solver said. */
  record Answer(String solver, boolean proven, double objective, double bound, double seconds) {}

  static final List<String> NAMES = List.of("CP-SAT", "SCIP", "CBC", "HiGHS");

  static {
    Loader.loadNativeLibraries();
  }

  private Rivals() {}

  static Answer solve(String name, SolverTable table, List<Row> rows, double seconds, double gap) {
    return name.equals("CP-SAT")
        ? cpSat(table, rows, seconds, gap)
        : mip(name, table, rows, seconds, gap);
  }

  private static Answer mip(
      String name, SolverTable table, List<Row> rows, double seconds, double gap) {
    long began = System.nanoTime();
    MPSolver solver =
        MPSolver.createSolver(
            name.equals("HiGHS") ? "HIGHS" : name.toUpperCase(java.util.Locale.ROOT));
    if (solver == null) {
      throw new IllegalStateException("no " + name);
    }
    MPConstraint[] limits = new MPConstraint[rows.size()];
    for (int r = 0; r < limits.length; r++) {
      limits[r] = solver.makeConstraint(rows.get(r).lower(), rows.get(r).upper());
    }
    for (int g = 0; g < table.layers(); g++) {
      MPConstraint one = solver.makeConstraint(1, 1);
      for (int j = 0; j < table.items(g); j++) {
        MPVariable x = solver.makeBoolVar("");
        one.setCoefficient(x, 1);
        solver.objective().setCoefficient(x, table.score(g, j));
        for (int r = 0; r < limits.length; r++) {
          limits[r].setCoefficient(x, table.cost(g, j, table.statIndex(rows.get(r).stat())));
        }
      }
    }
    solver.objective().setMinimization();
    solver.setTimeLimit((long) (seconds * 1000));
    MPSolverParameters parameters = new MPSolverParameters();
    parameters.setDoubleParam(MPSolverParameters.DoubleParam.RELATIVE_MIP_GAP, gap);
    try {
      MPSolver.ResultStatus status = solver.solve(parameters);
      boolean found =
          status == MPSolver.ResultStatus.OPTIMAL || status == MPSolver.ResultStatus.FEASIBLE;
      return new Answer(
          name,
          status == MPSolver.ResultStatus.OPTIMAL,
          found ? solver.objective().value() : Double.POSITIVE_INFINITY,
          found ? solver.objective().bestBound() : Double.NEGATIVE_INFINITY,
          (System.nanoTime() - began) * 1e-9);
    } catch (RuntimeException e) {
      return new Answer(
          name,
          false,
          Double.POSITIVE_INFINITY,
          Double.NEGATIVE_INFINITY,
          (System.nanoTime() - began) * 1e-9);
    } finally {
      solver.delete();
    }
  }

  private static Answer cpSat(SolverTable table, List<Row> rows, double seconds, double gap) {
    long began = System.nanoTime();
    CpModel model = new CpModel();
    List<List<BoolVar>> vars = new ArrayList<>();
    double scoreSum = 0;
    for (int g = 0; g < table.layers(); g++) {
      List<BoolVar> layer = new ArrayList<>();
      double largest = 0;
      for (int j = 0; j < table.items(g); j++) {
        layer.add(model.newBoolVar(""));
        largest = Math.max(largest, Math.abs(table.score(g, j)));
      }
      scoreSum += largest;
      model.addExactlyOne(layer.toArray(new BoolVar[0]));
      vars.add(layer);
    }
    for (Row row : rows) {
      int k = table.statIndex(row.stat());
      double scale = 0x1p40 / Math.max(1e-300, Math.abs(row.upper()));
      LinearExprBuilder sum = LinearExpr.newBuilder();
      for (int g = 0; g < table.layers(); g++) {
        for (int j = 0; j < table.items(g); j++) {
          sum.addTerm(vars.get(g).get(j), (long) Math.floor(table.cost(g, j, k) * scale));
        }
      }
      model.addLessOrEqual(sum, (long) Math.floor(row.upper() * scale));
    }
    double scale = 0x1p44 / Math.max(1e-300, scoreSum);
    LinearExprBuilder objective = LinearExpr.newBuilder();
    for (int g = 0; g < table.layers(); g++) {
      for (int j = 0; j < table.items(g); j++) {
        objective.addTerm(vars.get(g).get(j), Math.round(table.score(g, j) * scale));
      }
    }
    model.minimize(objective);
    CpSolver solver = new CpSolver();
    solver.getParameters().setNumWorkers(1);
    solver.getParameters().setMaxTimeInSeconds(seconds);
    solver.getParameters().setRelativeGapLimit(gap);
    CpSolverStatus status = solver.solve(model);
    boolean found = status == CpSolverStatus.OPTIMAL || status == CpSolverStatus.FEASIBLE;
    double value = Double.POSITIVE_INFINITY;
    if (found) {
      value = 0;
      for (int g = 0; g < table.layers(); g++) {
        for (int j = 0; j < table.items(g); j++) {
          if (solver.booleanValue(vars.get(g).get(j))) {
            value += table.score(g, j);
          }
        }
      }
    }
    return new Answer(
        "CP-SAT",
        status == CpSolverStatus.OPTIMAL,
        value,
        solver.bestObjectiveBound() / scale,
        (System.nanoTime() - began) * 1e-9);
  }
}
