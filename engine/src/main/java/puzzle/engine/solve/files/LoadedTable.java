package puzzle.engine.solve.files;

import java.util.List;
import java.util.Map;
import puzzle.engine.solve.Row;
import puzzle.engine.solve.SolverTable;

/**
 * A table read from a file.
 *
 * @param rows limits that the file itself states
 * @param fixed cost of everything outside the choice by stat, to be subtracted from limits
 * @param optimum NaN where the file states none
 */
public record LoadedTable(
    String source, SolverTable table, List<Row> rows, Map<String, Double> fixed, double optimum) {

  public LoadedTable {
    rows = List.copyOf(rows);
    fixed = Map.copyOf(fixed);
  }
}
