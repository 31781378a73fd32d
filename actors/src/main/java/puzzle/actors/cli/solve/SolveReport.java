package puzzle.actors.cli.solve;

import static puzzle.actors.cli.console.Output.fields;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import puzzle.actors.cli.console.ExitCode;
import puzzle.actors.cli.console.Output;
import puzzle.engine.solve.Infeasibility;
import puzzle.engine.solve.Row;
import puzzle.engine.solve.Solution;
import puzzle.engine.solve.SolverTable;
import puzzle.engine.solve.studies.Baselines;
import puzzle.engine.solve.studies.Sweeps;
import puzzle.engine.tables.LoadedTable;

/** Prints what {@code solve} found: one JSON object, or the same for people. */
final class SolveReport {

  private static final String BARS = " ▁▂▃▄▅▆▇█";

  private final Output output;
  private final PrintWriter out;
  private final double sign;

  SolveReport(Output output, PrintWriter out, boolean maximize) {
    this.output = output;
    this.out = out;
    this.sign = maximize ? -1 : 1;
  }

  /** JSON has no infinity. */
  static Object number(double value) {
    return Double.isFinite(value) ? (Object) value : null;
  }

  static String status(Solution solution) {
    return solution.status().name().toLowerCase(Locale.ROOT);
  }

  void dryRun(LoadedTable loaded, List<Row> rows) {
    SolverTable table = loaded.table();
    int items = 0;
    int scored = 0;
    for (int g = 0; g < table.layers(); g++) {
      items += table.items(g);
      for (int j = 0; j < table.items(g); j++) {
        scored += table.hasScore(g, j) ? 1 : 0;
      }
    }
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("source", loaded.name());
    result.put("layers", table.layers());
    result.put("items", items);
    result.put("scored", scored);
    result.put("stats", table.stats());
    result.put("fixed", loaded.fixed());
    result.put("limits", rows.stream().map(SolveReport::text).toList());
    object(result);
  }

  void solutions(
      SolverTable table,
      List<Solution> found,
      boolean several,
      Map<String, Baselines.Baseline> baselines) {
    Solution best = found.get(0);
    Map<String, Object> result = describe(table, best);
    if (several) {
      result.put("solutions", found.stream().map(s -> describe(table, s)).toList());
    }
    if (!baselines.isEmpty()) {
      Map<String, Object> simple = new LinkedHashMap<>();
      baselines.forEach(
          (name, b) -> {
            Object sum = number(signed(b.objective()));
            simple.put(
                name, fields("objective", sum, "feasible", b.feasible(), "totals", b.totals()));
          });
      result.put("baselines", simple);
    }
    output.show(
        result,
        (text, all) -> {
          for (int i = 0; i < found.size(); i++) {
            if (several) {
              out.printf("Solution %d%n", i + 1);
            }
            forPeople(table, found.get(i));
          }
          baselines.forEach(this::baseline);
        });
  }

  int sweep(SolverTable table, List<Sweeps.Point> points, double fixed) {
    List<Object> all = new ArrayList<>();
    Solution best = null;
    for (Sweeps.Point point : points) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("limit", point.limit() + fixed);
      one.putAll(describe(table, point.solution()));
      all.add(one);
      boolean better =
          best == null
              || !best.found()
              || (point.solution().found() && point.solution().objective() < best.objective());
      best = better ? point.solution() : best;
    }
    Map<String, Object> result = describe(table, best);
    result.put("solutions", all);
    output.show(result, (text, r) -> points.forEach(p -> line(table, p, fixed)));
    return best.found() ? ExitCode.DONE : ExitCode.INFEASIBLE;
  }

  private void line(SolverTable table, Sweeps.Point point, double fixed) {
    Solution s = point.solution();
    out.printf(
        Locale.ROOT,
        "%14.6g  %-10s %14.9g  gap %.1e  |%s|%n",
        point.limit() + fixed,
        status(s),
        signed(s.objective()),
        s.gap(),
        bar(table, s));
  }

  private void baseline(String name, Baselines.Baseline b) {
    String over = b.feasible() ? "" : "  (breaks a limit)";
    out.printf(Locale.ROOT, "  %-20s %.9g%s%n", name, signed(b.objective()), over);
  }

  private double signed(double value) {
    return sign < 0 ? 0.0 - value : value;
  }

  private Map<String, Object> describe(SolverTable table, Solution s) {
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("status", status(s));
    result.put("objective", number(signed(s.objective())));
    result.put("bound", number(signed(s.bound())));
    result.put("gap", number(s.gap()));
    result.put("proven", s.proven());
    result.put("totals", s.totals());
    List<Object> limits = new ArrayList<>();
    for (Solution.LimitState limit : s.limits()) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("limit", text(limit.row()));
      one.put("total", limit.total());
      one.put("binding", limit.binding());
      one.put("shadow_price", signed(limit.shadowPrice()));
      limits.add(one);
    }
    result.put("limits", limits);
    List<Object> choices = new ArrayList<>();
    for (int g = 0; g < s.choices().size(); g++) {
      int choice = s.choices().get(g);
      choices.add(fields("layer", g, "index", choice, "name", table.item(g, choice)));
    }
    result.put("choices", choices);
    result.put("seconds", s.seconds());
    result.put("nodes", s.nodes());
    s.infeasibility()
        .ifPresent(
            why -> {
              result.put("conflict", why.conflict().stream().map(SolveReport::text).toList());
              result.put("relaxations", why.relaxations().stream().map(this::relaxation).toList());
              result.put("explanation_proven", why.proven());
            });
    return result;
  }

  private Map<String, Object> relaxation(Infeasibility.Relaxation relaxation) {
    Row limit = relaxation.limit();
    return fields("stat", limit.stat(), "limit", text(limit), "feasible", relaxation.feasible());
  }

  private static String text(Row row) {
    String upper = row.hasUpper() ? row.stat() + "<=" + row.upper() : "";
    String lower = row.hasLower() ? row.stat() + ">=" + row.lower() : "";
    return upper.isEmpty() || lower.isEmpty() ? upper + lower : lower + " and " + upper;
  }

  private void forPeople(SolverTable table, Solution s) {
    out.printf(
        Locale.ROOT,
        "%s  objective %.9g  bound %.9g  gap %.1e  %.3f s  %d nodes%n",
        status(s),
        signed(s.objective()),
        signed(s.bound()),
        s.gap(),
        s.seconds(),
        s.nodes());
    if (s.found()) {
      out.printf("|%s|%n", bar(table, s));
      for (Solution.LimitState limit : s.limits()) {
        out.printf(
            Locale.ROOT,
            "  %-40s total %.6g%s%n",
            text(limit.row()),
            limit.total(),
            limit.binding()
                ? String.format(Locale.ROOT, ", binds: %.3g per unit", signed(limit.shadowPrice()))
                : "");
      }
      for (int g = 0; g < s.choices().size(); g++) {
        out.printf("  layer %3d  %s%n", g, table.item(g, s.choices().get(g)));
      }
    }
    s.infeasibility()
        .ifPresent(
            why -> {
              out.println(
                  why.conflict().isEmpty()
                      ? "Nothing may be chosen, whatever the limits."
                      : "These limits cannot hold together:");
              why.conflict().forEach(row -> out.println("  " + text(row)));
              if (!why.relaxations().isEmpty()) {
                out.println("With all others kept, this would be feasible:");
              }
              why.relaxations()
                  .forEach(
                      r ->
                          out.printf(
                              Locale.ROOT,
                              "  %s instead of %s%n",
                              r.limit().hasUpper()
                                  ? r.limit().stat() + "<=" + r.feasible()
                                  : r.limit().stat() + ">=" + r.feasible(),
                              text(r.limit())));
            });
  }

  /** One character a layer: its share of the dearest item's cost, on the first stat. */
  private static String bar(SolverTable table, Solution s) {
    StringBuilder bar = new StringBuilder();
    for (int g = 0; g < s.choices().size(); g++) {
      double dearest = 0;
      for (int j = 0; j < table.items(g); j++) {
        dearest = Math.max(dearest, table.stats().isEmpty() ? 0 : table.cost(g, j, 0));
      }
      double own = table.stats().isEmpty() ? 0 : table.cost(g, s.choices().get(g), 0);
      bar.append(BARS.charAt(dearest == 0 ? 0 : (int) Math.ceil(8 * own / dearest)));
    }
    return bar.toString();
  }

  void table(Map<String, Map<String, Object>> rows) {
    output.show(rows, (out, all) -> all.forEach((name, row) -> out.println(name + "  " + row)));
  }

  void object(Map<String, Object> result) {
    output.show(result, (out, all) -> all.forEach((name, v) -> out.println(name + ": " + v)));
  }
}
