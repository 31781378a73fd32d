package puzzle.engine.plan;

import puzzle.model.Variant;

/**
 * Seconds of passes over sequences on one device. A backward pass is matrix products of the
 * forward's shapes: one for the gradient of the input, one more for that of the weights.
 */
public interface PassTimes {

  /** One variant's forward pass. */
  double forward(Variant variant, long sequences);

  /** Final norm and head over every token. */
  double head(long sequences);

  /** One optimiser step. */
  double optimiser(long params);

  /** Relative half width of the 90 % interval of a forward pass. */
  double uncertainty();

  /** How these were estimated, for the report. */
  String source();

  /** Forward and backward of a half that is trained. */
  default double training(Variant variant, long sequences) {
    return 3 * forward(variant, sequences);
  }

  /** Forward and backward of a frozen half that a gradient passes through. */
  default double frozen(Variant variant, long sequences) {
    return 2 * forward(variant, sequences);
  }
}
