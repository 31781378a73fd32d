package puzzle.model;

import java.util.Objects;

/**
 * The best architecture known for a target, with its certificate.
 *
 * @param objective sum of the chosen blocks' scores, nats per token
 * @param bound no architecture made of the scored blocks has a smaller sum
 * @param proven true if the gap between the two is closed; of a candidate, among the architectures
 *     that the candidates before it are not
 * @param cost of the whole model for the target's first workload, fixed parts included
 * @param parentCost the same for the parent
 * @param measured blocks scored by measurement
 * @param predicted blocks whose score is the sum of their halves'
 * @param cause what made the solver look again
 */
public record Incumbent(
    Architecture architecture,
    double objective,
    double bound,
    boolean proven,
    BlockCost cost,
    BlockCost parentCost,
    int measured,
    int predicted,
    String cause) {

  public Incumbent {
    Objects.requireNonNull(architecture, "architecture");
    Objects.requireNonNull(cost, "cost");
    Objects.requireNonNull(parentCost, "parentCost");
    Objects.requireNonNull(cause, "cause");
  }
}
