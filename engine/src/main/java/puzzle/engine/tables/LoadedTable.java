package puzzle.engine.tables;

import java.util.List;
import java.util.Map;
import puzzle.engine.solve.Row;
import puzzle.engine.solve.SolverTable;

/**
 * A table read from files.
 *
 * @param name of the instance, or the first file
 * @param rows limits that the file itself states
 * @param fixed cost of everything outside the choice by stat, to be subtracted from limits
 * @param optimum NaN if the file states none
 * @param skipped rows that were left out, with place and reason
 */
public record LoadedTable(
    String name,
    SolverTable table,
    List<Row> rows,
    Map<String, Double> fixed,
    double optimum,
    List<String> skipped) {

  public LoadedTable {
    rows = List.copyOf(rows);
    fixed = Map.copyOf(fixed);
    skipped = List.copyOf(skipped);
  }
}
