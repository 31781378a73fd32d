package puzzle.engine.solve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import puzzle.engine.solve.studies.Baselines;
import puzzle.engine.solve.studies.EarlyFinish;
import puzzle.engine.solve.studies.ScoringOrder;
import puzzle.model.InvalidInputException;

class LimitsTest {

  private static final SolveBudget BUDGET = SolveBudget.of(Duration.ofSeconds(60));

  private static InstanceFamily.Instance realistic(int layers, int rows, long seed) {
    return new InstanceFamily(InstanceFamily.Scores.REALISTIC, layers, true, rows, 0.5, seed)
        .generate();
  }

  @Test
  void theConflictIsInfeasibleMinimalAndEachRelaxationIsTheSmallest() {
    int infeasible = 0;
    for (long seed = 1; seed <= 200; seed++) {
      Random random = new Random(seed);
      SolverTable table = ExactnessTest.table(random, 3, 4, 3);
      List<Row> rows = ExactnessTest.rows(random, table);
      ArchitectureSolver solver = new IncrementalSolver(table, rows);
      if (solver.solve(BUDGET).status() != Solution.Status.INFEASIBLE) {
        continue;
      }
      infeasible++;
      Infeasibility why = solver.explain(BUDGET);
      String place = "seed " + seed + " " + rows + " " + why;
      assertTrue(why.proven(), place);
      assertEquals(Double.POSITIVE_INFINITY, BruteForce.optimum(table, why.conflict()), place);
      for (Row row : why.conflict()) {
        List<Row> others = why.conflict().stream().filter(r -> r != row).toList();
        assertTrue(BruteForce.optimum(table, others) < Double.POSITIVE_INFINITY, place);
      }
      for (Infeasibility.Relaxation relaxation : why.relaxations()) {
        boolean upper = relaxation.limit().hasUpper();
        String stat = relaxation.limit().stat();
        double value = relaxation.feasible();
        double stricter = value + (upper ? -1e-6 : 1e-6);
        assertTrue(feasible(table, rows, relaxation.limit(), stat, upper, value), place);
        assertFalse(feasible(table, rows, relaxation.limit(), stat, upper, stricter), place);
      }
    }
    assertTrue(infeasible > 20, "only " + infeasible + " infeasible tables");
  }

  private static boolean feasible(
      SolverTable table, List<Row> rows, Row side, String stat, boolean upper, double value) {
    List<Row> changed =
        rows.stream()
            .map(
                row -> {
                  if (!row.stat().equals(stat)) {
                    return row;
                  }
                  return upper
                      ? new Row(stat, Math.min(row.lower(), Double.MAX_VALUE), value)
                      : new Row(stat, value, row.upper());
                })
            .toList();
    boolean crossed = changed.stream().anyMatch(row -> row.lower() > row.upper());
    return !crossed && BruteForce.optimum(table, changed) < Double.POSITIVE_INFINITY;
  }

  @Test
  void bindingLimitsHaveShadowPricesThatPredictTheBound() {
    InstanceFamily.Instance instance = realistic(80, 2, 3);
    Solution solution = new IncrementalSolver(instance.table(), instance.limits()).solve(BUDGET);
    for (int r = 0; r < 2; r++) {
      Solution.LimitState limit = solution.limits().get(r);
      if (!limit.binding()) {
        continue;
      }
      double step = 0.01 * limit.row().upper();
      List<Row> looser = new java.util.ArrayList<>(instance.limits());
      looser.set(r, Row.atMost(limit.row().stat(), limit.row().upper() + step));
      double after = new IncrementalSolver(instance.table(), looser).solve(BUDGET).objective();
      assertTrue(limit.shadowPrice() > 0);
      // The bound is concave in the limit: no gain beyond the price.
      assertTrue(solution.objective() - after <= step * limit.shadowPrice() + 1e-3);
    }
  }

  @Test
  void twoThreadsProveTheSameOptimum() {
    InstanceFamily.Instance instance = realistic(80, 4, 3);
    Solution one = new IncrementalSolver(instance.table(), instance.limits()).solve(BUDGET);
    Solution two =
        new IncrementalSolver(instance.table(), instance.limits())
            .solve(new SolveBudget(Duration.ofSeconds(60), () -> false, 0, 2));
    assertTrue(two.proven());
    assertEquals(one.objective(), two.objective(), 1e-9);
  }

  @Test
  void baselinesAreNeverBetterThanTheOptimum() {
    InstanceFamily.Instance instance = realistic(32, 4, 5);
    Solution best = new IncrementalSolver(instance.table(), instance.limits()).solve(BUDGET);
    Map<String, Baselines.Baseline> all =
        Baselines.all(instance.table(), instance.limits(), "runtime_ms", Set.of(), 1, BUDGET);
    assertTrue(all.keySet().containsAll(List.of("greedy", "random", "maximum parameters")));
    all.forEach(
        (name, baseline) -> {
          if (baseline.feasible()) {
            assertTrue(baseline.objective() >= best.objective() - 1e-12, name);
          }
        });
    assertTrue(all.get("random").feasible() && all.get("maximum parameters").feasible());
  }

  @Test
  void scoringStopsWithAProofWhenNoUnscoredBlockCanMatter() {
    InstanceFamily.Instance instance = realistic(16, 2, 6);
    double[][] proxy = EarlyFinish.halves(instance.table());
    EarlyFinish.Curve proof =
        EarlyFinish.play(
            instance.table(),
            instance.limits(),
            proxy,
            ScoringOrder.fraction(proxy, 0.4),
            16,
            BUDGET);
    assertEquals(ScoringOrder.Basis.PROOF, proof.basis());
    assertEquals(0.0, proof.last().loss(), 1e-9);
    assertTrue(proof.last().share() < 0.9, "share " + proof.last().share());
    EarlyFinish.Curve confidence =
        EarlyFinish.play(
            instance.table(),
            instance.limits(),
            proxy,
            ScoringOrder.learned(instance.table(), proxy, 2.5),
            16,
            BUDGET);
    assertEquals(ScoringOrder.Basis.CONFIDENCE, confidence.basis());
    assertTrue(confidence.last().share() < proof.last().share());
    assertTrue(confidence.last().loss() < 0.02, "loss " + confidence.last().loss());
  }

  @Test
  void serversGetOnlyWhatTheyRun() {
    double[][] costs = {{6}, {4}, {2}, {0}};
    List<String> names =
        List.of(
            "kv-2+ffn-8", "attention-no-op+ffn-8", "kv-2+ffn-no-op", "attention-no-op+ffn-no-op");
    SolverTable.Builder builder = SolverTable.builder(List.of("memory"));
    builder.layer(names, new double[] {0, 0.1, 0.6, 9}, costs);
    builder.layer(names, new double[] {0, 2, 0.2, 9}, costs);
    SolverTable table = builder.build();
    List<Row> rows = List.of(Row.atMost("memory", 6));
    Servability.Items attention = (g, j) -> j == 0 || j == 2;
    Solution any = Servability.solve(table, rows, Servability.Rules.NONE, BUDGET);
    assertEquals(List.of(1, 2), any.choices());
    Solution vllm =
        Servability.solve(
            table,
            rows,
            new Servability.Rules((g, j) -> true, (g, j) -> j == 3, attention),
            BUDGET);
    assertEquals(List.of(2, 2), vllm.choices());
    assertTrue(vllm.proven());
    Solution llama =
        Servability.solve(
            table, rows, new Servability.Rules((g, j) -> j != 2, (g, j) -> j == 3, null), BUDGET);
    assertEquals(List.of(3, 0), llama.choices());
  }

  @Test
  void whatNoServerCanStartIsExplainedUnderItsRules() {
    // Cheapest: nothing at all. Cheapest that does something: an FFN, which may not come first.
    List<String> names = List.of("kv-2+ffn-8", "kv-2+ffn-no-op", "none+ffn-8", "none+none");
    SolverTable.Builder builder = SolverTable.builder(List.of("memory"));
    for (int layer = 0; layer < 3; layer++) {
      builder.layer(names, new double[4], new double[][] {{7 + layer}, {5 + layer}, {2}, {0}});
    }
    SolverTable table = builder.build();
    Servability.Rules rules =
        new Servability.Rules((g, j) -> true, (g, j) -> j == 3, (g, j) -> j < 2);
    for (double limit : new double[] {0, 2, 4}) {
      List<Row> rows = List.of(Row.atMost("memory", limit));
      assertEquals(
          Solution.Status.INFEASIBLE, Servability.solve(table, rows, rules, BUDGET).status());
      Infeasibility why = Servability.explain(table, rows, rules, BUDGET);
      assertEquals(rows, why.conflict());
      assertEquals(5, why.relaxations().get(0).feasible());
      assertTrue(why.proven());
      List<Row> relaxed = List.of(Row.atMost("memory", 5));
      assertTrue(Servability.solve(table, relaxed, rules, BUDGET).found());
    }
  }

  @Test
  void refusesTablesAndLimitsThatMakeNoSense() {
    SolverTable.Builder builder = SolverTable.builder(List.of("memory"));
    double[] scores = {0, 1};
    List<String> names = List.of("a", "b");
    assertThrows(
        InvalidInputException.class,
        () -> builder.layer(names, scores, new double[][] {{1}, {-1}}));
    assertThrows(
        InvalidInputException.class,
        () -> builder.layer(names, scores, new double[][] {{1}, {Double.NaN}}));
    assertThrows(
        InvalidInputException.class, () -> builder.layer(names, scores, new double[][] {{1}}));
    assertThrows(
        InvalidInputException.class,
        () ->
            builder.layer(
                names, new double[] {0, Double.POSITIVE_INFINITY}, new double[][] {{1}, {1}}));
    assertThrows(
        InvalidInputException.class,
        () -> builder.layer(List.of("a", "a"), scores, new double[][] {{1}, {1}}));
    assertThrows(
        InvalidInputException.class,
        () -> builder.layer(List.of(), new double[0], new double[0][]));
    assertThrows(InvalidInputException.class, builder::build);
    SolverTable table = builder.layer(names, scores, new double[][] {{1}, {2}}).build();
    InvalidInputException unknown =
        assertThrows(
            InvalidInputException.class,
            () -> new IncrementalSolver(table, List.of(Row.atMost("speed", 1))));
    assertTrue(unknown.getMessage().contains("speed") && unknown.getMessage().contains("\nMaybe"));
    assertThrows(InvalidInputException.class, () -> Row.atMost("memory", Double.NaN));
    assertThrows(
        InvalidInputException.class, () -> new IncrementalSolver(table, List.of()).put(0, 2, 1));
    assertThrows(
        InvalidInputException.class, () -> new IncrementalSolver(table, List.of()).forbid(1, 0));
  }
}
