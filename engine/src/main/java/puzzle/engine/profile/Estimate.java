package puzzle.engine.profile;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import puzzle.model.BlockCost;

/**
 * A cost and how much to believe it.
 *
 * @param uncertainty half width of the 90 % interval, relative: the true time lies between {@code
 *     time / (1 + uncertainty)} and {@code time * (1 + uncertainty)} nine times in ten
 * @param source where the number comes from: a device, a file, a model's name
 * @param notes why the number deserves less trust than its kind: a shape outside the measured
 *     range, a kernel that was not measured; empty in the normal case
 */
public record Estimate(
    BlockCost cost, double uncertainty, Kind kind, String source, List<String> notes) {

  /** How a number came about, best first. */
  public enum Kind {
    /** Timed on a device of this run. */
    MEASURED,
    /** Timed elsewhere, read or interpolated from a table. */
    TABLE,
    /** Computed. */
    MODEL
  }

  public Estimate {
    Objects.requireNonNull(cost, "cost");
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(source, "source");
    notes = List.copyOf(notes);
    if (!(uncertainty >= 0 && uncertainty < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("an uncertainty is finite, not " + uncertainty);
    }
  }

  /** Nothing is there, so nothing can be wrong about it. */
  public static Estimate nothing(Kind kind, String source) {
    return new Estimate(BlockCost.ZERO, 0, kind, source, List.of());
  }

  /** True if a shape lies outside what was measured. */
  public boolean extrapolated() {
    return !notes.isEmpty();
  }

  /**
   * Costs add. Uncertainties add by share of time, since subblocks of one model are wrong in the
   * same direction; the worse kind names the sum.
   */
  public Estimate plus(Estimate other) {
    double a = weight(cost);
    double b = weight(other.cost);
    double u = a + b > 0 ? (a * uncertainty + b * other.uncertainty) / (a + b) : 0;
    Set<String> all = new LinkedHashSet<>(notes);
    all.addAll(other.notes);
    Kind worse = kind.compareTo(other.kind) >= 0 ? kind : other.kind;
    boolean silent = b == 0 && other.notes.isEmpty();
    return new Estimate(
        cost.plus(other.cost),
        u,
        silent ? kind : a == 0 && notes.isEmpty() ? other.kind : worse,
        source.equals(other.source) || silent ? source : source + "; " + other.source,
        List.copyOf(all));
  }

  private static double weight(BlockCost cost) {
    return cost.prefillSeconds() + cost.decodeSeconds();
  }
}
