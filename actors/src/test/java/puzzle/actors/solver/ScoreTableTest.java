package puzzle.actors.solver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import puzzle.actors.Examples;
import puzzle.cluster.PuzzleSettings;
import puzzle.engine.solve.IncrementalSolver;
import puzzle.engine.solve.Infeasibility;
import puzzle.engine.solve.Row;
import puzzle.engine.solve.Solution;
import puzzle.engine.solve.SolveBudget;
import puzzle.engine.solve.SolverTable;
import puzzle.model.Architecture;
import puzzle.model.Baseline;
import puzzle.model.Block;
import puzzle.model.BlockCost;
import puzzle.model.Infeasible;
import puzzle.model.Limit;
import puzzle.model.RunSpec;
import puzzle.model.Score;
import puzzle.model.ScoredBlock;
import puzzle.model.SearchSpace;
import puzzle.model.Target;
import puzzle.model.TaskResult;
import puzzle.model.Variant;
import puzzle.model.Workload;

class ScoreTableTest {

  private final RunSpec spec = Examples.small(Path.of("/store"));
  private final ScoreTable table = new ScoreTable(spec, 3, List.of(profile()));

  @Test
  void twoHalvesPredictTheWholeUntilItIsMeasured() {
    assertEquals(1, table.measure(0, scored("kv-2+ffn-640", 0.1)).size());
    List<ScoreTable.Put> puts = table.measure(0, scored("kv-8+ffn-160", 0.2));
    assertEquals(2, puts.size());
    assertEquals(0.3, puts.get(1).score(), 1e-12);
    assertEquals(1, table.predicted());
    List<ScoreTable.Put> measured = table.measure(0, scored("kv-2+ffn-160", 0.25));
    assertTrue(measured.get(0).cause().contains("predicted 0.3000"), measured.get(0).cause());
    assertEquals(0, table.predicted());
    assertEquals(3 + 3, table.measured());
  }

  @Test
  void aScoreThatIsRepeatedOrOfAnUnknownBlockChangesNothing() {
    table.measure(0, scored("kv-2+ffn-640", 0.1));
    assertEquals(List.of(), table.measure(0, scored("kv-2+ffn-640", 0.7)));
    assertEquals(List.of(), table.measure(0, scored("kv-8+ffn-640", 0.7)));
    assertEquals(List.of(), table.measure(0, scored("kv-4+ffn-640", 0.7)));
    assertEquals(List.of(), table.measure(9, scored("kv-2+ffn-640", 0.7)));
  }

  @Test
  void theOrderOfArrivalDoesNotMatter() {
    for (long seed = 0; seed < 200; seed++) {
      List<ScoredBlock> scores = new ArrayList<>();
      Random random = new Random(seed);
      for (Block b : spec.space().blocks().subList(1, 9)) {
        if (random.nextInt(4) > 0) {
          scores.add(new ScoredBlock(b, Score.measured(random.nextDouble(), 0)));
        }
      }
      SolverTable inOrder = filled(scores).table();
      Collections.shuffle(scores, random);
      SolverTable shuffled = filled(scores).table();
      for (int item = 0; item < inOrder.items(0); item++) {
        assertEquals(inOrder.score(0, item), shuffled.score(0, item), 0.0, "seed " + seed);
      }
    }
  }

  @Test
  void whatALayerMayNotChooseCannotBeChosenForItsCostEither() {
    SearchSpace all = spec.space();
    Variant last = all.ffn().get(all.ffn().size() - 1);
    SearchSpace fewer =
        new SearchSpace(
            all.attention(),
            all.ffn(),
            List.of(new SearchSpace.Layers(1, 1, null, List.of(all.parent().ffn()))));
    SolverTable costs =
        new ScoreTable(Examples.spec(Path.of("/store"), fewer, 1.5), 3, List.of(profile()))
            .costsAlone();
    int item = all.blocks().indexOf(new Block(all.parent().attention(), last));
    assertEquals(0, costs.score(0, item));
    assertTrue(Double.isNaN(costs.score(1, item)));
    assertEquals(0, costs.score(2, item));
  }

  @Test
  void limitsAreOnTheWholeModelSoFixedPartsAreTakenOff() {
    Architecture parent = Architecture.uniform(spec.space().parent(), 3);
    BlockCost whole = profile().cost(parent);
    List<Row> rows = table.rows();
    Workload w = Examples.WORKLOAD;
    assertEquals(
        whole.runtimeSeconds(w) / 1.5 - profile().fixed().runtimeSeconds(w),
        rows.get(0).upper(),
        1e-12);
    assertEquals(
        0.9 * whole.memoryBytes() - profile().fixed().memoryBytes(), rows.get(1).upper(), 1e-6);
  }

  @Test
  void limitsThatCannotBeMetAreNamedWithTheNearestThatCan() {
    RunSpec hard = Examples.spec(Path.of("/store"), spec.space(), 1000);
    ScoreTable costs = new ScoreTable(hard, 3, List.of(profile()));
    IncrementalSolver solver = new IncrementalSolver(costs.costsAlone(), costs.rows());
    assertEquals(Solution.Status.INFEASIBLE, solver.solve(SolveBudget.unlimited()).status());
    Infeasibility why = solver.explain(SolveBudget.unlimited());
    Infeasible words = costs.target().explained(why);
    assertTrue(words.conflict().get(0).contains("1000 x parent"), words.toString());
    double best = words.relaxations().get(0).feasible();
    RunSpec easier = withLimit(hard, new Limit(Limit.Stat.THROUGHPUT, best * 0.999999, false));
    ScoreTable met = new ScoreTable(easier, 3, List.of(profile()));
    assertTrue(
        new IncrementalSolver(met.costsAlone(), met.rows()).solve(SolveBudget.unlimited()).found());
  }

  @Test
  void noBaselineThatKeepsTheLimitsIsBetterThanTheSolver() {
    List<ScoredBlock> scores = new ArrayList<>();
    Random random = new Random(1);
    for (Block b : spec.space().blocks().subList(1, 9)) {
      scores.add(new ScoredBlock(b, Score.measured(random.nextDouble(), 0)));
    }
    ScoreTable full = filled(scores);
    for (int layer = 1; layer < 3; layer++) {
      for (ScoredBlock s : scores) {
        full.measure(layer, s);
      }
    }
    SolverTable t = full.table();
    Solution best = new IncrementalSolver(t, full.rows()).solve(SolveBudget.unlimited());
    Duration limit = Duration.ofSeconds(10);
    SolverCalls calls =
        new SolverCalls(IncrementalSolver::new, new PuzzleSettings.Solver(limit, limit, limit, 20));
    List<Baseline> found = calls.baselines(full, t, 7);
    assertEquals(found, calls.baselines(full, t, 7));
    assertEquals(20, found.stream().filter(b -> b.method().equals("random")).count());
    assertEquals("random-3", found.get(found.size() - 17).label());
    for (Baseline baseline : found) {
      if (baseline.feasible()) {
        assertTrue(baseline.summedKl() >= best.objective() - 1e-12, baseline.toString());
      }
    }
  }

  private ScoreTable filled(List<ScoredBlock> scores) {
    ScoreTable filled = new ScoreTable(spec, 3, List.of(profile()));
    scores.forEach(s -> filled.measure(0, s));
    return filled;
  }

  private static RunSpec withLimit(RunSpec s, Limit limit) {
    Target.Goal goal = new Target.Goal(Examples.WORKLOAD, List.of(limit));
    return s.with(d -> d.target = new Target("local", List.of(goal)));
  }

  private TaskResult.Profiled profile() {
    List<TaskResult.VariantCost> costs = new ArrayList<>();
    for (Variant v : spec.space().variants()) {
      int own = v.sizes().values().stream().mapToInt(Integer::intValue).sum();
      double size = own / (v.subblock() == puzzle.model.Subblock.FFN ? 640.0 : 8.0);
      costs.add(
          new TaskResult.VariantCost(
              v, new BlockCost(0.01 * size, 0.001 * size, Math.round(1e5 * size), 0, own), 0));
    }
    return new TaskResult.Profiled(
        Examples.WORKLOAD,
        costs,
        new BlockCost(0.002, 0.0002, 40_000, 0, 10_000),
        TaskResult.MEASURED);
  }

  private static ScoredBlock scored(String block, double score) {
    return new ScoredBlock(Block.parse(block), Score.measured(score, 0));
  }
}
