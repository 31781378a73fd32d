package puzzle.model;

import java.util.Objects;

/**
 * One device that runs tasks: a GPU, or one CPU thread.
 *
 * @param host the machine, so that measurements can have it to themselves
 * @param kind {@code cpu}, {@code cuda}: devices of one kind share a profile
 * @param index from 0, on its node
 * @param port of its node, which tells nodes of one machine apart; 0 if there is no other
 */
public record Device(String host, String kind, int index, int port) {

  /** A device of the only node on its host. */
  public Device(String host, String kind, int index) {
    this(host, kind, index, 0);
  }

  public Device {
    Objects.requireNonNull(host, "host");
    Objects.requireNonNull(kind, "kind");
    if (index < 0) {
      throw new IllegalArgumentException("a device has an index of 0 or more, not " + index);
    }
  }

  /** {@code 127.0.0.1:25520/cpu-0}: unique in a cluster. */
  public String name() {
    return host + (port == 0 ? "" : ":" + port) + "/" + kind + "-" + index;
  }

  @Override
  public String toString() {
    return name();
  }
}
