package puzzle.engine.ablation;

/**
 * One number of a study.
 *
 * @param limit throughput asked for, in multiples of the parent's
 * @param metric {@code kl} and {@code loss} in nats per token of the assembled model, held out;
 *     {@code top1} the share of tokens predicted, below the parent's; {@code throughput} in
 *     multiples of the parent's, by sums of costs
 */
public record Measurement(
    Table table, String cell, double limit, long seed, String metric, double value) {

  static final String KL = "kl";
}
