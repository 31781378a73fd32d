package puzzle.actors.kafka;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import puzzle.engine.solve.ArchitectureSolver;
import puzzle.engine.solve.ChocoArchitectureSolver;
import puzzle.engine.solve.Row;
import puzzle.engine.solve.SolverTable;

/** The real solver, and when each score that is waited for was in the table it searches. */
final class SeenBySolver {

  /** One cell of the table. */
  record Cell(int layer, int item) {}

  private final Map<Cell, Double> expected;
  private final Map<Cell, Long> seen = new ConcurrentHashMap<>();

  SeenBySolver(Map<Cell, Double> expected) {
    this.expected = Map.copyOf(expected);
  }

  /** Milliseconds since the epoch, by cell. */
  Map<Cell, Long> seen() {
    return seen;
  }

  ArchitectureSolver solver(SolverTable table, List<Row> rows) {
    expected.keySet().stream()
        .filter(c -> table.hasScore(c.layer(), c.item()))
        .forEach(c -> put(c, table.score(c.layer(), c.item())));
    ArchitectureSolver real = new ChocoArchitectureSolver(table, rows);
    return (ArchitectureSolver)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {ArchitectureSolver.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("put")) {
                put(new Cell((int) arguments[0], (int) arguments[1]), (double) arguments[2]);
              }
              try {
                return method.invoke(real, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private void put(Cell cell, double score) {
    if (Double.valueOf(score).equals(expected.get(cell))) {
      seen.putIfAbsent(cell, System.currentTimeMillis());
    }
  }
}
