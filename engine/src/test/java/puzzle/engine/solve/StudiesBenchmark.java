package puzzle.engine.solve;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import puzzle.engine.solve.studies.EarlyFinish;
import puzzle.engine.solve.studies.Replay;
import puzzle.engine.solve.studies.ScoringOrder;
import puzzle.engine.solve.studies.Sweeps;

/**
 * The measurements of {@code docs/results/solver.md} that re-solve: arrivals, early finish, a
 * Pareto sweep.
 */
class StudiesBenchmark {

  @Test
  void scoresThatArriveOneByOne() {
    BenchmarkReport.warmUp();
    BenchmarkReport.line(
        "%n### Arrivals, realistic 80 x 54, 4,000 scores in random order, processor time%n");
    BenchmarkReport.line(
        "| rows | skipped | searched | mean ms | p50 ms | p99 ms | max ms | prefixes compared | mismatches |");
    BenchmarkReport.line("|---|---|---|---|---|---|---|---|---|");
    for (int rows : new int[] {1, 2, 4, 6}) {
      InstanceFamily.Instance instance =
          new InstanceFamily(InstanceFamily.Scores.REALISTIC, 80, true, rows, 0.55, 5).generate();
      int[] compared = {0, 0};
      Replay.Report report =
          Replay.run(
              instance.table(),
              instance.limits(),
              3,
              4000,
              SolveBudget.unlimited(),
              (arrival, solver) -> {
                if (arrival % 20 == 7) {
                  double scratch =
                      new IncrementalSolver(solver.table(), solver.rows())
                          .solve(SolveBudget.unlimited())
                          .objective();
                  compared[0]++;
                  double difference = Math.abs(scratch - solver.current().objective());
                  compared[1] += difference > 1e-9 ? 1 : 0;
                }
              },
              () -> ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime());
      BenchmarkReport.line(
          "| %d | %d | %d | %.3f | %.4f | %.2f | %.1f | %d | %d |",
          rows,
          report.skipped(),
          report.searched(),
          report.meanMillis(),
          report.p50Millis(),
          report.p99Millis(),
          report.maxMillis(),
          compared[0],
          compared[1]);
      assertEquals(0, compared[1], "arrivals after which a fresh solve found another optimum");
    }
  }

  @Test
  void stoppingBeforeEverythingIsScored() {
    BenchmarkReport.line(
        "%n### Share of composed blocks scored / loss / certified gap, realistic 80 x 54, two rows%n");
    BenchmarkReport.line(
        "| seed | optimism | basis | at 10 %% | at 20 %% | at 30 %% | at the end |");
    BenchmarkReport.line("|---|---|---|---|---|---|---|");
    for (long seed = 1; seed <= 3; seed++) {
      InstanceFamily.Instance instance =
          new InstanceFamily(InstanceFamily.Scores.REALISTIC, 80, true, 2, 0.55, seed).generate();
      double[][] proxy = EarlyFinish.halves(instance.table());
      for (double width : new double[] {0, 2, 2.5, 3}) {
        ScoringOrder.Optimism optimism =
            width == 0
                ? ScoringOrder.fraction(proxy, 0.4)
                : ScoringOrder.learned(instance.table(), proxy, width);
        EarlyFinish.Curve curve =
            EarlyFinish.play(
                instance.table(), instance.limits(), proxy, optimism, 80, SolveBudget.unlimited());
        StringBuilder cells = new StringBuilder();
        for (double share : new double[] {0.1, 0.2, 0.3}) {
          EarlyFinish.Point at =
              curve.points().stream()
                  .filter(p -> p.share() >= share)
                  .findFirst()
                  .orElse(curve.last());
          cells.append(
              at.share() < share
                  ? " finished |"
                  : String.format(
                      Locale.ROOT, " %.2f %% / %.2f %% |", 100 * at.loss(), 100 * at.gap()));
        }
        EarlyFinish.Point end = curve.last();
        BenchmarkReport.line(
            "| %d | %s | %s |%s %.1f %% scored, loss %.3f %%, gap %.2f %% |",
            seed,
            width == 0 ? "0.4 x sum" : "learned, " + width + " sd",
            curve.basis().name().toLowerCase(Locale.ROOT),
            cells,
            100 * end.share(),
            100 * end.loss(),
            100 * end.gap());
      }
    }
  }

  @Test
  void aParetoSweepOfFiftyPoints() {
    BenchmarkReport.warmUp();
    BenchmarkReport.line("%n### Pareto sweep, 50 points, realistic 80 x 54, two rows%n");
    BenchmarkReport.line("| seed | wall s | processor s | proven |");
    BenchmarkReport.line("|---|---|---|---|");
    for (long seed = 1; seed <= 5; seed++) {
      InstanceFamily.Instance instance =
          new InstanceFamily(InstanceFamily.Scores.REALISTIC, 80, true, 2, 0.6, seed).generate();
      double upper = instance.limits().get(1).upper();
      long wall = System.nanoTime();
      long processor = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      List<Sweeps.Point> points =
          Sweeps.pareto(
              instance.table(),
              instance.limits(),
              "runtime_ms",
              0.5 * upper,
              1.3 * upper,
              50,
              SolveBudget.unlimited());
      BenchmarkReport.line(
          "| %d | %.2f | %.2f | %d of 50 |",
          seed,
          (System.nanoTime() - wall) * 1e-9,
          (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - processor) * 1e-9,
          points.stream().filter(p -> p.solution().proven()).count());
    }
  }
}
