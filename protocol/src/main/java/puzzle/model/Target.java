package puzzle.model;

import java.util.List;
import java.util.Objects;

/**
 * Where the child will be served and what it must do there.
 *
 * @param hardware name of a hardware profile; {@code local} is measured on the devices of the run
 */
public record Target(String hardware, List<Goal> goals) {

  /** The machines of the run themselves. */
  public static final String LOCAL = "local";

  /** One workload with its limits. */
  public record Goal(Workload workload, List<Limit> limits) {
    public Goal {
      Objects.requireNonNull(workload, "workload");
      limits = limits == null ? List.of() : List.copyOf(limits);
    }
  }

  /** True if costs are timed by the run, not taken from a profile of other hardware. */
  public boolean measuredLocally() {
    return hardware.equals(LOCAL);
  }

  public Target {
    Objects.requireNonNull(hardware, "hardware");
    if (goals == null || goals.isEmpty()) {
      throw new IllegalArgumentException(
          "a target has at least one workload.\nMaybe add target.workload with batch, prefill and"
              + " generate.");
    }
    goals = List.copyOf(goals);
  }
}
