package puzzle.actors.cli.solve;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import puzzle.actors.cli.console.ExitCode;
import puzzle.engine.solve.IncrementalSolver;
import puzzle.engine.solve.Row;
import puzzle.engine.solve.Solution;
import puzzle.engine.solve.SolveBudget;
import puzzle.engine.solve.SolverTable;
import puzzle.engine.solve.studies.EarlyFinish;
import puzzle.engine.solve.studies.Replay;
import puzzle.engine.solve.studies.ScoringOrder;
import puzzle.engine.tables.LoadedTable;
import puzzle.engine.tables.TableFiles;
import puzzle.model.InvalidInputException;

/** Measurements of the solver itself: a folder of instances, a stream of scores. */
final class SolveStudies {

  private static final int REPEATS = 5;
  private static final double LEAST_FRACTION = 0.4;
  private static final double INTERVAL = 2.5;

  private SolveStudies() {}

  static int bench(Path folder, SolveBudget budget, SolveReport report) {
    List<Path> files;
    try (Stream<Path> all = Files.list(folder)) {
      files = all.filter(file -> file.toString().endsWith(".json")).sorted().toList();
    } catch (IOException e) {
      throw new InvalidInputException(
          folder + ": cannot be listed (" + e.getMessage() + ").\nMaybe check the path.", e);
    }
    if (files.isEmpty()) {
      throw new InvalidInputException(folder + ": no .json file.\nMaybe another folder.");
    }
    Map<String, Map<String, Object>> results = new LinkedHashMap<>();
    for (Path file : files) {
      LoadedTable instance = TableFiles.instance(file);
      double[] millis = new double[REPEATS];
      Solution solution = null;
      for (int i = 0; i < REPEATS; i++) {
        solution = new IncrementalSolver(instance.table(), instance.rows()).solve(budget);
        millis[i] = solution.seconds() * 1e3;
      }
      Arrays.sort(millis);
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("proven", solution.proven());
      row.put("objective", SolveReport.number(solution.objective()));
      row.put("gap", SolveReport.number(solution.gap()));
      if (!Double.isNaN(instance.optimum())) {
        row.put("stated_optimum", instance.optimum());
        row.put("difference", SolveReport.number(solution.objective() - instance.optimum()));
      }
      row.put("median_ms", millis[REPEATS / 2]);
      row.put("nodes", solution.nodes());
      results.put(instance.name(), row);
    }
    report.table(results);
    return ExitCode.DONE;
  }

  static int replay(
      SolverTable table, List<Row> rows, long seed, SolveBudget budget, SolveReport report) {
    Replay.Report stream =
        Replay.run(table, rows, seed, Integer.MAX_VALUE, budget, (arrival, solver) -> {});
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("arrivals", stream.arrivals());
    result.put("skipped", stream.skipped());
    result.put("searched", stream.searched());
    result.put("mean_ms", stream.meanMillis());
    result.put("p50_ms", stream.p50Millis());
    result.put("p99_ms", stream.p99Millis());
    result.put("max_ms", stream.maxMillis());
    result.put("status", SolveReport.status(stream.last()));
    result.put("objective", SolveReport.number(stream.last().objective()));
    double[][] proxy = EarlyFinish.halves(table);
    boolean pairs =
        stream.last().found()
            && Arrays.stream(proxy).flatMapToDouble(Arrays::stream).anyMatch(v -> !Double.isNaN(v));
    if (pairs) {
      Function<ScoringOrder.Optimism, Object> play =
          order -> curve(EarlyFinish.play(table, rows, proxy, order, table.layers(), budget));
      result.put("early_finish_proof", play.apply(ScoringOrder.fraction(proxy, LEAST_FRACTION)));
      result.put(
          "early_finish_confidence", play.apply(ScoringOrder.learned(table, proxy, INTERVAL)));
    }
    report.object(result);
    return ExitCode.DONE;
  }

  private static Map<String, Object> curve(EarlyFinish.Curve curve) {
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("basis", curve.basis().name().toLowerCase(Locale.ROOT));
    result.put("composed_blocks", curve.composed());
    result.put("share_scored", curve.last().share());
    result.put("loss", SolveReport.number(curve.last().loss()));
    result.put("gap", SolveReport.number(curve.last().gap()));
    return result;
  }
}
