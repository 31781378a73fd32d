package puzzle.engine.solve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class IncrementalSolverTest {

  @Test
  void choosesTheCheapestPairThatFits() {
    double[][] costs = {{4}, {2}, {0}};
    SolverTable table =
        SolverTable.builder(List.of("memory"))
            .layer(List.of("a", "b", "c"), new double[] {0, 1, 5}, costs)
            .layer(List.of("a", "b", "c"), new double[] {0, 2, 3}, costs)
            .build();
    ArchitectureSolver solver = new IncrementalSolver(table, List.of(Row.atMost("memory", 4)));
    Solution solution = solver.solve(SolveBudget.of(Duration.ofSeconds(5)));
    assertTrue(solution.proven());
    assertEquals(3.0, solution.objective());
    assertEquals(4.0, solution.totals().get("memory"));
  }
}
