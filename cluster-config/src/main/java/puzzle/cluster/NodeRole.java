package puzzle.cluster;

import java.util.Arrays;
import java.util.Locale;

/** What a node does in the cluster. One node may do everything. */
public enum NodeRole {
  /** Hosts runs, blocks, distillations and the pool: all that is on record. */
  COORDINATOR,
  /** Runs tasks on devices. */
  GPU,
  /** Hosts solvers. */
  SOLVER,
  /** Talks to people and other systems. */
  EDGE;

  /** As written in configuration: {@code coordinator}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Reads what {@link #label()} wrote. */
  public static NodeRole parse(String text) {
    for (NodeRole role : values()) {
      if (role.label().equals(text)) {
        return role;
      }
    }
    throw new IllegalArgumentException(
        "unknown role '"
            + text
            + "'.\nMaybe one of "
            + Arrays.stream(values()).map(NodeRole::label).toList()
            + ".");
  }
}
