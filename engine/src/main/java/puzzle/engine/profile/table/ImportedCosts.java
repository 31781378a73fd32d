package puzzle.engine.profile.table;

import java.util.List;

/**
 * What a file of another tool held.
 *
 * @param format the kind of file
 * @param skipped what was left out, with place and reason
 */
public record ImportedCosts(String format, List<CostRow> rows, List<String> skipped) {

  public ImportedCosts {
    rows = List.copyOf(rows);
    skipped = List.copyOf(skipped);
  }
}
