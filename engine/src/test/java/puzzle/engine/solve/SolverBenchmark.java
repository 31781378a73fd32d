package puzzle.engine.solve;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.Test;

/**
 * The measurements of {@code docs/results/solver.md}: same process, same instances, same tolerance,
 * one thread each, repetitions interleaved. Wall time and processor time of the whole process,
 * since on a shared machine the first says how long it took and the second how much work it was.
 */
class SolverBenchmark {

  private static final int REPEATS = Integer.getInteger("bench.repeats", 5);
  private static final double LIMIT = Double.parseDouble(System.getProperty("bench.limit", "10"));
  private static final double GAP = 1e-9;
  private static final OperatingSystemMXBean MACHINE =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

  private static double median(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    return sorted[sorted.length / 2];
  }

  private static Solution ours(InstanceFamily.Instance instance, double seconds) {
    return new IncrementalSolver(instance.table(), instance.limits())
        .solve(SolveBudget.of(Duration.ofMillis((long) (seconds * 1000))));
  }

  /** Wall and processor seconds of one run, with its result. */
  private record Timed(double wall, double processor, double objective, boolean proven) {}

  private static Timed timed(String name, InstanceFamily.Instance instance) {
    long wall = System.nanoTime();
    long processor = MACHINE.getProcessCpuTime();
    double objective;
    boolean proven;
    if (name.equals("ours")) {
      Solution solution = ours(instance, LIMIT);
      objective = solution.objective();
      proven = solution.proven();
    } else {
      Rivals.Answer answer = Rivals.solve(name, instance.table(), instance.limits(), LIMIT, GAP);
      objective = answer.objective();
      proven = answer.proven();
    }
    return new Timed(
        (System.nanoTime() - wall) * 1e-9,
        (MACHINE.getProcessCpuTime() - processor) * 1e-9,
        objective,
        proven);
  }

  @Test
  void timeToProofAgainstOtherSolvers() {
    BenchmarkReport.warmUp();
    BenchmarkReport.line("%n### Time to proof, realistic 80 x 54%n");
    BenchmarkReport.line(
        "| instance | ours ms (cpu) | CP-SAT ms | SCIP ms | CBC ms | HiGHS ms | best / ours, wall | cpu |");
    BenchmarkReport.line("|---|---|---|---|---|---|---|---|");
    double logWall = 0;
    double logProcessor = 0;
    int count = 0;
    List<String> names = new ArrayList<>(List.of("ours"));
    names.addAll(Rivals.NAMES);
    for (int rows : new int[] {1, 2, 4, 6}) {
      for (long seed = 1; seed <= 2; seed++) {
        InstanceFamily.Instance instance =
            new InstanceFamily(
                    InstanceFamily.Scores.REALISTIC, 80, true, rows, seed == 1 ? 0.55 : 0.4, seed)
                .generate();
        List<List<Timed>> runs = new ArrayList<>();
        names.forEach(n -> runs.add(new ArrayList<>()));
        for (int repeat = 0; repeat < REPEATS; repeat++) {
          for (int n = 0; n < names.size(); n++) {
            runs.get(n).add(timed(names.get(n), instance));
          }
        }
        double[] wall = new double[names.size()];
        double[] processor = new double[names.size()];
        StringBuilder cells = new StringBuilder();
        double truth = runs.get(0).get(0).objective();
        for (int n = 0; n < wall.length; n++) {
          wall[n] = median(runs.get(n).stream().map(Timed::wall).toList());
          processor[n] = median(runs.get(n).stream().map(Timed::processor).toList());
          boolean proven = runs.get(n).stream().allMatch(Timed::proven);
          boolean wrong =
              runs.get(n).stream().anyMatch(t -> t.proven() && t.objective() > truth + 1e-7);
          cells.append(
              String.format(
                  Locale.ROOT,
                  " %s%.0f (%.0f)%s |",
                  proven ? "" : "> ",
                  wall[n] * 1e3,
                  processor[n] * 1e3,
                  wrong ? " worse value called optimal" : ""));
          if (n == 0) {
            assertTrue(proven, instance.name());
          }
        }
        double ratioWall = Arrays.stream(wall, 1, wall.length).min().orElse(0) / wall[0];
        double ratioProcessor =
            Arrays.stream(processor, 1, processor.length).min().orElse(0) / processor[0];
        BenchmarkReport.line(
            "| %s |%s %.1f | %.1f |", instance.name(), cells, ratioWall, ratioProcessor);
        logWall += Math.log(ratioWall);
        logProcessor += Math.log(ratioProcessor);
        count++;
      }
    }
    BenchmarkReport.line(
        "%nGeometric mean of best / ours: %.1f wall, %.1f processor time.",
        Math.exp(logWall / count), Math.exp(logProcessor / count));
  }

  /** What is certified after so much processor time of this thread. */
  private static final class Milestones {
    private final DoubleSupplier processor;
    private double gap = Double.POSITIVE_INFINITY;

    Milestones() {
      long began = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      processor =
          () -> (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - began) * 1e-9;
    }

    void see(Solution solution) {
      if (processor.getAsDouble() <= 0.1) {
        gap = solution.gap();
      }
    }
  }

  @Test
  void gapsOfEveryFamilyAfterATenthOfASecond() {
    BenchmarkReport.warmUp();
    BenchmarkReport.line(
        "%n### Certified gap after 100 ms of processor time, and proofs within %.0f s%n", LIMIT);
    BenchmarkReport.line(
        "| family | layers | rows | instances | worst gap at 100 ms | proven | median ms | worst ms | worst final gap |");
    BenchmarkReport.line("|---|---|---|---|---|---|---|---|---|");
    for (InstanceFamily.Scores scores : InstanceFamily.Scores.values()) {
      for (int layers : new int[] {8, 32, 80, 126, 400}) {
        for (int rows : new int[] {1, 2, 4, 6}) {
          List<Double> millis = new ArrayList<>();
          double worst = 0;
          double last = 0;
          int proven = 0;
          boolean tied = scores == InstanceFamily.Scores.NEAR_TIED;
          double[] tightness = tied ? new double[] {0.55} : new double[] {0.4, 0.7};
          for (double t : tightness) {
            for (boolean coupled : new boolean[] {true, false}) {
              InstanceFamily.Instance instance =
                  new InstanceFamily(scores, layers, coupled, rows, t, 21).generate();
              Milestones milestones = new Milestones();
              Solution solution =
                  new IncrementalSolver(instance.table(), instance.limits())
                      .solve(
                          SolveBudget.of(Duration.ofMillis(tied ? 3000 : (long) (LIMIT * 1000))),
                          milestones::see);
              millis.add(milestones.processor.getAsDouble() * 1e3);
              worst = Math.max(worst, milestones.gap);
              last = Math.max(last, solution.gap());
              proven += solution.proven() ? 1 : 0;
            }
          }
          BenchmarkReport.line(
              "| %s | %d | %d | %d | %.1e | %d | %.0f | %.0f | %.1e |",
              scores.name().toLowerCase(Locale.ROOT).replace('_', '-'),
              layers,
              rows,
              millis.size(),
              worst,
              proven,
              median(millis),
              millis.stream().mapToDouble(Double::doubleValue).max().orElse(0),
              last);
        }
      }
    }
  }

  @Test
  void nearTiedInstancesAtEqualTime() {
    BenchmarkReport.warmUp();
    double seconds = LIMIT;
    BenchmarkReport.line(
        "%n### Near-tied, %.0f s of wall time each: objective excess over the best found / bound gap to it%n",
        seconds);
    BenchmarkReport.line("| instance | ours | CP-SAT | SCIP | CBC | HiGHS |");
    BenchmarkReport.line("|---|---|---|---|---|---|");
    for (int layers : new int[] {8, 80}) {
      for (int rows : new int[] {2, 4}) {
        InstanceFamily.Instance instance =
            new InstanceFamily(InstanceFamily.Scores.NEAR_TIED, layers, true, rows, 0.55, 21)
                .generate();
        Solution solution = ours(instance, seconds);
        List<double[]> found = new ArrayList<>();
        found.add(new double[] {solution.objective(), solution.bound()});
        for (String name : Rivals.NAMES) {
          Rivals.Answer answer =
              Rivals.solve(name, instance.table(), instance.limits(), seconds, GAP);
          found.add(new double[] {answer.objective(), answer.bound()});
        }
        double best = found.stream().mapToDouble(f -> f[0]).min().orElse(0);
        StringBuilder cells = new StringBuilder();
        for (double[] f : found) {
          cells.append(
              String.format(
                  Locale.ROOT, " %.1e / %.1e |", (f[0] - best) / best, (best - f[1]) / best));
        }
        BenchmarkReport.line("| %s |%s", instance.name(), cells);
      }
    }
  }

  @Test
  void otherSolversWhereTheGapWasNotReached() {
    BenchmarkReport.warmUp();
    BenchmarkReport.line(
        "%n### Certified gap after %.0f s of wall time, where 100 ms were not enough for 1e-4%n",
        LIMIT);
    BenchmarkReport.line(
        "| instance | ours at 100 ms of processor time | ours | CP-SAT | SCIP | CBC | HiGHS |");
    BenchmarkReport.line("|---|---|---|---|---|---|---|");
    compareFirstMiss(InstanceFamily.Scores.REALISTIC, 80, 6);
    compareFirstMiss(InstanceFamily.Scores.REALISTIC, 400, 4);
    compareFirstMiss(InstanceFamily.Scores.REALISTIC, 400, 6);
    compareFirstMiss(InstanceFamily.Scores.CORRELATED, 32, 1);
    compareFirstMiss(InstanceFamily.Scores.CORRELATED, 32, 4);
    compareFirstMiss(InstanceFamily.Scores.CORRELATED, 32, 6);
    compareFirstMiss(InstanceFamily.Scores.CORRELATED, 80, 6);
    compareFirstMiss(InstanceFamily.Scores.CORRELATED, 400, 6);
    compareFirstMiss(InstanceFamily.Scores.NOISY, 400, 6);
    compareFirstMiss(InstanceFamily.Scores.SYMMETRIC, 400, 6);
    compareFirstMiss(InstanceFamily.Scores.NEAR_TIED, 8, 6);
    compareFirstMiss(InstanceFamily.Scores.NEAR_TIED, 400, 2);
  }

  /** The first instance of the table above whose gap was not reached. */
  private static void compareFirstMiss(InstanceFamily.Scores scores, int layers, int rows) {
    for (int variant = 0; variant < 6; variant++) {
      double tightness = new double[] {0.4, 0.7, 0.55}[variant / 2];
      InstanceFamily.Instance instance =
          new InstanceFamily(scores, layers, variant % 2 == 0, rows, tightness, 21).generate();
      Milestones milestones = new Milestones();
      Solution solution =
          new IncrementalSolver(instance.table(), instance.limits())
              .solve(SolveBudget.of(Duration.ofMillis((long) (LIMIT * 1000))), milestones::see);
      if (milestones.gap <= 1e-4) {
        continue;
      }
      StringBuilder cells = new StringBuilder();
      for (String name : Rivals.NAMES) {
        Rivals.Answer answer = Rivals.solve(name, instance.table(), instance.limits(), LIMIT, GAP);
        double gap = (answer.objective() - answer.bound()) / Math.abs(answer.objective());
        cells.append(
            Double.isFinite(gap)
                ? String.format(
                    Locale.ROOT,
                    " %.1e%s |",
                    Math.max(0, gap),
                    answer.objective() > solution.objective() * (1 + 1e-9)
                        ? String.format(
                            Locale.ROOT,
                            ", %.1e dearer",
                            answer.objective() / solution.objective() - 1)
                        : "")
                : " nothing |");
      }
      BenchmarkReport.line(
          "| %s | %.1e | %.1e |%s", instance.name(), milestones.gap, solution.gap(), cells);
      return;
    }
  }
}
