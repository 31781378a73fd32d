package puzzle.model;

import java.util.Objects;

/**
 * What a part of the model costs for one workload, measured by another system. It takes the place
 * of what the run's own profile says.
 *
 * @param id chosen by who delivers; the same id again changes nothing
 * @param source who measured
 * @param workload {@link Workload#name()}
 * @param part a variant's name, or {@link #FIXED}
 * @param prefillSeconds the whole batch's prompt
 * @param decodeSeconds one generated token for the whole batch
 * @param weightBytes null if the profile's stands
 * @param kvBytes null if the profile's stands
 * @param relativeSpread of the timed runs, interquartile range over median
 */
public record CostDelivery(
    String id,
    String source,
    String workload,
    String part,
    double prefillSeconds,
    double decodeSeconds,
    Long weightBytes,
    Long kvBytes,
    double relativeSpread) {

  /** The parts of a model that no choice changes: embedding, final norm, head. */
  public static final String FIXED = "fixed";

  public CostDelivery {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(source, "source");
    Objects.requireNonNull(workload, "workload");
    Objects.requireNonNull(part, "part");
  }

  /** {@code external/lab#c-1}: whence the cost is, for reports. */
  public String origin() {
    return "external/" + source + "#" + id;
  }

  /** The profile's cost of the part with what was measured in its place. */
  public BlockCost over(BlockCost profiled) {
    return new BlockCost(
        prefillSeconds,
        decodeSeconds,
        weightBytes == null ? profiled.weightBytes() : weightBytes,
        kvBytes == null ? profiled.kvBytes() : kvBytes,
        profiled.params());
  }
}
