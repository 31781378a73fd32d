package puzzle.model;

import java.util.Objects;

/**
 * An architecture another method picks under the same limits.
 *
 * @param method {@code greedy}, {@code uniform}, {@code random}
 * @param sample from 0; methods that draw at random give several
 * @param summedKl sum of the chosen blocks' scores, nats per token
 * @param feasible whether it keeps all limits; greedy does not always
 */
public record Baseline(
    String method, int sample, Architecture architecture, double summedKl, boolean feasible) {

  public Baseline {
    Objects.requireNonNull(method, "method");
    Objects.requireNonNull(architecture, "architecture");
  }

  /** {@code random-7}: tells the tasks on it apart. */
  public String label() {
    return method.equals("random") ? method + "-" + sample : method;
  }
}
