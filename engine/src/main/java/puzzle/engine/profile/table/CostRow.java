package puzzle.engine.profile.table;

import puzzle.engine.tables.CsvFile;
import puzzle.model.Block;
import puzzle.model.InvalidInputException;
import puzzle.model.Subblock;
import puzzle.model.Variant;
import puzzle.model.Workload;

/**
 * One measured number.
 *
 * @param layer from 0, or {@link #EVERY_LAYER}
 * @param what a variant's name, a composed block's name, or {@link #FIXED} for what is outside the
 *     layers
 * @param value in the metric's own unit
 * @param source who measured it, with file and line where it was read
 */
public record CostRow(
    int layer, String what, Workload workload, CostStat metric, double value, String source) {

  public static final int EVERY_LAYER = CsvFile.EVERY_LAYER;
  public static final String FIXED = "fixed";

  /** Sources of measurements made by a run on its own devices start so. */
  public static final String MEASURED = "measured";

  /** True if a device of a run was timed; false for what was read from elsewhere. */
  public boolean measured() {
    return source.startsWith(MEASURED);
  }

  /** {@code attention}, {@code ffn}, {@code block} or {@code fixed}. */
  public String subblock() {
    return what.equals(FIXED)
        ? FIXED
        : what.contains("+")
            ? "block"
            : Variant.parse(what).subblock() == Subblock.ATTENTION ? "attention" : "ffn";
  }

  /** Checks that a subblock and a variant name belong together. */
  static String what(String subblock, String variant, String place) {
    try {
      String what =
          variant.equals(FIXED)
              ? FIXED
              : variant.contains("+") ? Block.parse(variant).name() : Variant.parse(variant).name();
      CostRow probe = new CostRow(0, what, null, CostStat.RUNTIME, 0, "");
      if (probe.subblock().equals(subblock)) {
        return what;
      }
      throw new InvalidInputException(
          "%s: '%s' is not a variant of subblock '%s'.%nMaybe subblock %s was meant."
              .formatted(place, variant, subblock, probe.subblock()));
    } catch (IllegalArgumentException e) {
      throw new InvalidInputException(place + ": " + e.getMessage(), e);
    }
  }
}
