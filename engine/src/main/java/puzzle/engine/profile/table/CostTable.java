package puzzle.engine.profile.table;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import puzzle.model.Workload;

/** One number per question, first come first kept unless a better one comes. Immutable. */
public final class CostTable {

  /** What a number answers. */
  record Key(int layer, String what, Workload workload, CostStat metric) {}

  /**
   * A table after a merge.
   *
   * @param added questions that had no answer
   * @param replaced answers that were replaced
   * @param kept answers that were better than what came
   */
  public record Merge(CostTable table, int added, int replaced, int kept) {}

  private final Map<Key, CostRow> rows;

  private CostTable(Map<Key, CostRow> rows) {
    this.rows = rows;
  }

  /** The rows, each question answered by the last row of the better kind. */
  public static CostTable of(List<CostRow> rows) {
    return new CostTable(Map.of()).merge(rows, false).table();
  }

  /**
   * Adds rows. A measured number is not replaced by an imported one; else the new one counts.
   *
   * @param preferNew true to replace measured numbers too
   */
  public Merge merge(List<CostRow> others, boolean preferNew) {
    Map<Key, CostRow> merged = new LinkedHashMap<>(rows);
    int added = 0;
    int replaced = 0;
    int kept = 0;
    for (CostRow row : others) {
      Key key = new Key(row.layer(), row.what(), row.workload(), row.metric());
      CostRow old = merged.get(key);
      if (old != null && old.measured() && !row.measured() && !preferNew) {
        kept++;
      } else {
        merged.put(key, row);
        if (old == null) {
          added++;
        } else {
          replaced++;
        }
      }
    }
    return new Merge(new CostTable(merged), added, replaced, kept);
  }

  public List<CostRow> rows() {
    return new ArrayList<>(rows.values());
  }

  public int size() {
    return rows.size();
  }
}
