package puzzle.engine.solve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import puzzle.engine.solve.studies.Replay;
import puzzle.engine.solve.studies.Sweeps;

class IncrementalTest {

  private static final SolveBudget BUDGET = SolveBudget.of(Duration.ofSeconds(60));

  /** Every kind of change in random order, one to four at a time, against brute force. */
  @Test
  void staysOptimalThroughRandomChanges() {
    for (long seed = 1; seed <= 600; seed++) {
      Random random = new Random(seed);
      SolverTable table =
          ExactnessTest.table(
              random, 2 + random.nextInt(4), 2 + random.nextInt(4), 1 + random.nextInt(3));
      List<Row> rows = ExactnessTest.rows(random, table);
      ArchitectureSolver solver = new IncrementalSolver(table, rows);
      boolean[][] forbidden = new boolean[table.layers()][];
      int[] forced = new int[table.layers()];
      for (int g = 0; g < forced.length; g++) {
        forbidden[g] = new boolean[table.items(g)];
        forced[g] = -1;
      }
      StringBuilder story = new StringBuilder("seed " + seed);
      for (int step = 0; step < 40; step++) {
        boolean search = step == 0;
        for (int burst = random.nextInt(4); burst >= 0; burst--) {
          int g = random.nextInt(table.layers());
          int j = random.nextInt(table.items(g));
          double score = random.nextInt(10) == 0 ? Double.NaN : random.nextDouble() * 3 - 0.5;
          Change change;
          switch (random.nextInt(12)) {
            case 0 -> {
              forbidden[g][j] = true;
              change = solver.forbid(g, j);
              story.append(" forbid ").append(g).append(':').append(j);
            }
            case 1 -> {
              forced[g] = j;
              change = solver.force(g, j);
              story.append(" force ").append(g).append(':').append(j);
            }
            case 2, 3 -> {
              forbidden[g][j] = false;
              forced[g] = -1;
              change = solver.allow(g, j);
              story.append(" allow ").append(g).append(':').append(j);
            }
            case 4 -> {
              change = solver.retarget(ExactnessTest.rows(random, table));
              story.append(" retarget");
            }
            case 5 -> {
              double[] costs = new double[table.stats().size()];
              for (int k = 0; k < costs.length; k++) {
                costs[k] = random.nextDouble();
              }
              change = solver.put(g, j, score, costs);
              story.append(" cost ").append(g).append(':').append(j);
            }
            default -> {
              change = solver.put(g, j, score);
              story.append(" put ").append(g).append(':').append(j).append('=').append(score);
            }
          }
          search |= change.searchNeeded();
          story.append(' ').append(change.effect());
        }
        Solution now = search ? solver.solve(BUDGET) : solver.current();
        double expected =
            BruteForce.optimum(
                solver.table(),
                solver.rows(),
                (g, j) -> !forbidden[g][j] && (forced[g] < 0 || forced[g] == j));
        assertTrue(now.proven(), story.toString());
        assertEquals(expected, now.objective(), 1e-9 * (1 + Math.abs(expected)), story.toString());
      }
    }
  }

  @Test
  void isNeverWorseThanFromScratchWhileScoresArrive() {
    for (int rows : new int[] {1, 2, 4, 6}) {
      InstanceFamily.Instance instance =
          new InstanceFamily(InstanceFamily.Scores.REALISTIC, 24, true, rows, 0.55, rows)
              .generate();
      int[] compared = {0};
      Replay.Report report =
          Replay.run(
              instance.table(),
              instance.limits(),
              17,
              1000,
              BUDGET,
              (arrival, solver) -> {
                if (arrival % 5 == 0) {
                  Solution scratch =
                      new IncrementalSolver(solver.table(), solver.rows()).solve(BUDGET);
                  assertEquals(
                      scratch.objective(),
                      solver.current().objective(),
                      1e-9,
                      instance.name() + " after arrival " + arrival);
                  compared[0]++;
                }
              });
      assertTrue(compared[0] >= 200, "compared " + compared[0]);
      assertTrue(report.skipped() > report.searched(), report.toString());
      assertTrue(report.last().proven());
    }
  }

  @Test
  void findsSolutionsThatDifferPairwise() {
    InstanceFamily.Instance instance =
        new InstanceFamily(InstanceFamily.Scores.REALISTIC, 16, true, 2, 0.5, 4).generate();
    List<Solution> found = Sweeps.diverse(instance.table(), instance.limits(), 4, 4, BUDGET);
    assertEquals(4, found.size());
    for (int a = 0; a < found.size(); a++) {
      assertTrue(found.get(a).proven());
      for (int b = 0; b < a; b++) {
        int differ = 0;
        for (int g = 0; g < 16; g++) {
          boolean same = found.get(a).choices().get(g).equals(found.get(b).choices().get(g));
          differ += same ? 0 : 1;
        }
        assertTrue(differ >= 4, "solutions " + a + " and " + b + " differ in " + differ);
        assertTrue(found.get(a).objective() >= found.get(b).objective() - 1e-12);
      }
    }
  }

  @Test
  void sweepsAParetoFrontLikeSeparateSolves() {
    InstanceFamily.Instance instance =
        new InstanceFamily(InstanceFamily.Scores.REALISTIC, 16, true, 2, 0.8, 4).generate();
    double from = instance.limits().get(1).upper() * 0.4;
    double to = instance.limits().get(1).upper();
    List<Sweeps.Point> points =
        Sweeps.pareto(instance.table(), instance.limits(), "runtime_ms", from, to, 12, BUDGET);
    for (Sweeps.Point point : points) {
      List<Row> rows = List.of(instance.limits().get(0), Row.atMost("runtime_ms", point.limit()));
      Solution alone = new IncrementalSolver(instance.table(), rows).solve(BUDGET);
      assertEquals(alone.objective(), point.solution().objective(), 1e-9);
    }
    assertEquals(from, points.get(0).limit());
    assertEquals(to, points.get(11).limit());
  }
}
