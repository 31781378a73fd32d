package puzzle.engine.solve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import puzzle.engine.tables.LoadedTable;
import puzzle.engine.tables.TableFiles;

class ExactnessTest {

  private static final SolveBudget BUDGET = SolveBudget.of(Duration.ofSeconds(60));

  /**
   * Small tables of every nastiness: ties, zeros, missing scores, negative scores, whole numbers.
   */
  static SolverTable table(Random random, int layers, int items, int stats) {
    List<String> names = new ArrayList<>();
    for (int k = 0; k < stats; k++) {
      names.add("s" + k);
    }
    SolverTable.Builder builder = SolverTable.builder(names);
    boolean whole = random.nextInt(3) == 0;
    boolean shared = random.nextBoolean();
    double[][] common = costs(random, items, stats, whole);
    for (int g = 0; g < layers; g++) {
      int n = shared ? items : 1 + random.nextInt(items);
      List<String> own = new ArrayList<>();
      double[] scores = new double[n];
      for (int j = 0; j < n; j++) {
        own.add("i" + j);
        scores[j] = whole ? random.nextInt(6) : random.nextDouble() * 2 - 0.5;
        if (j > 0 && random.nextInt(12) == 0) {
          scores[j] = Double.NaN;
        }
      }
      builder.layer(own, scores, shared ? common : costs(random, n, stats, whole));
    }
    return builder.build();
  }

  private static double[][] costs(Random random, int items, int stats, boolean whole) {
    double[][] costs = new double[items][stats];
    for (double[] item : costs) {
      for (int k = 0; k < stats; k++) {
        item[k] = whole ? random.nextInt(5) : random.nextDouble();
      }
    }
    return costs;
  }

  static List<Row> rows(Random random, SolverTable table) {
    List<Row> rows = new ArrayList<>();
    for (String stat : table.stats()) {
      double middle = table.layers() * (0.15 + 0.5 * random.nextDouble());
      boolean big = table.cost(0, 0, table.statIndex(stat)) >= 1;
      middle = big ? Math.rint(4 * middle) : middle;
      switch (random.nextInt(4)) {
        case 0 -> rows.add(Row.atLeast(stat, middle * 0.7));
        case 1 -> rows.add(new Row(stat, middle * 0.6, middle));
        default -> rows.add(Row.atMost(stat, middle));
      }
    }
    return rows;
  }

  @Test
  void agreesWithBruteForceOnSmallTables() {
    for (long seed = 1; seed <= 600; seed++) {
      Random random = new Random(seed);
      SolverTable table =
          table(random, 1 + random.nextInt(5), 1 + random.nextInt(6), random.nextInt(5));
      List<Row> rows = rows(random, table);
      double expected = BruteForce.optimum(table, rows);
      Solution solution = new IncrementalSolver(table, rows).solve(BUDGET);
      String place = "seed " + seed;
      assertTrue(solution.proven(), place);
      assertEquals(expected, solution.objective(), 1e-9 * (1 + Math.abs(expected)), place);
      assertEquals(solution.objective(), solution.bound(), place);
    }
  }

  @Test
  void solvesTheShippedInstancesToTheStatedOptimum() throws IOException {
    List<Path> instances;
    try (Stream<Path> files = Files.list(Path.of("src/test/resources/solver-instances"))) {
      instances = files.filter(f -> f.toString().endsWith(".json")).sorted().toList();
    }
    assertEquals(8, instances.size());
    for (Path file : instances) {
      LoadedTable instance = TableFiles.instance(file);
      Solution solution = new IncrementalSolver(instance.table(), instance.rows()).solve(BUDGET);
      assertTrue(solution.proven(), instance.name());
      assertEquals(instance.optimum(), solution.objective(), 1e-9, instance.name());
    }
  }

  @Test
  void agreesWithAnotherSolverOnEveryFamily() {
    for (InstanceFamily.Scores scores : InstanceFamily.Scores.values()) {
      for (boolean coupled : new boolean[] {true, false}) {
        InstanceFamily.Instance instance =
            new InstanceFamily(scores, 8, coupled, 2, 0.55, 11).generate();
        Solution solution =
            new IncrementalSolver(instance.table(), instance.limits()).solve(BUDGET);
        assertTrue(solution.proven(), instance.name());
        Rivals.Answer other = Rivals.solve("SCIP", instance.table(), instance.limits(), 3, 1e-10);
        assertTrue(
            solution.objective() <= other.objective() * (1 + 1e-7),
            instance.name() + ": " + solution.objective() + " against " + other.objective());
        if (other.proven()) {
          assertEquals(other.objective(), solution.objective(), 1e-6, instance.name());
        }
      }
    }
  }

  @Test
  void certifiesABoundAtEveryMomentAndNeverOverstatesIt() {
    for (long seed = 1; seed <= 6; seed++) {
      InstanceFamily.Instance instance =
          new InstanceFamily(InstanceFamily.Scores.REALISTIC, 32, true, 4, 0.5, seed).generate();
      List<Solution> stream = new ArrayList<>();
      Solution last =
          new IncrementalSolver(instance.table(), instance.limits()).solve(BUDGET, stream::add);
      assertTrue(last.proven(), instance.name());
      double bound = Double.NEGATIVE_INFINITY;
      double objective = Double.POSITIVE_INFINITY;
      for (Solution step : stream) {
        assertTrue(step.bound() <= last.objective() + 1e-12, instance.name());
        assertTrue(step.bound() >= bound && step.objective() <= objective, instance.name());
        bound = step.bound();
        objective = step.objective();
      }
    }
  }

  @Test
  void givesTheSameAnswerAndNodesTwice() {
    InstanceFamily.Instance instance =
        new InstanceFamily(InstanceFamily.Scores.REALISTIC, 80, true, 4, 0.5, 3).generate();
    Solution first = new IncrementalSolver(instance.table(), instance.limits()).solve(BUDGET);
    Solution second = new IncrementalSolver(instance.table(), instance.limits()).solve(BUDGET);
    assertEquals(first.choices(), second.choices());
    assertEquals(first.nodes(), second.nodes());
  }

  @Test
  void stopsWhenCancelledAndResumesFromThere() {
    InstanceFamily.Instance instance =
        new InstanceFamily(InstanceFamily.Scores.NEAR_TIED, 80, true, 4, 0.5, 3).generate();
    ArchitectureSolver solver = new IncrementalSolver(instance.table(), instance.limits());
    int[] seen = {0};
    Solution stopped =
        solver.solve(new SolveBudget(Duration.ofSeconds(30), () -> seen[0] > 0, 0), s -> seen[0]++);
    assertTrue(!stopped.proven() && stopped.found());
    assertTrue(stopped.gap() > 0 && stopped.gap() < 1);
    Solution later = solver.solve(new SolveBudget(Duration.ofSeconds(20), () -> false, 5e-4));
    assertTrue(later.objective() <= stopped.objective() && later.bound() >= stopped.bound());
  }
}
