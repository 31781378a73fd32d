package puzzle.engine.plan;

import java.util.HashMap;
import java.util.Map;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.profile.Estimate;
import puzzle.engine.profile.HardwareProfile;
import puzzle.model.DType;
import puzzle.model.InvalidInputException;
import puzzle.model.Variant;
import puzzle.model.Workload;

/**
 * Passes on hardware that is not here: the profile's prompts in bf16 on one device, that is its
 * laws of matrix products and attention. A model that is too large for one device is spread over
 * several; the device time is the same but for communication, which is not counted.
 */
public final class ModelledPasses implements PassTimes {

  /** Sequences per pass in the profile; passes are long enough for their time to be linear. */
  private static final int BATCH = 8;

  private static final int LONGEST = 1 << 20;

  /** AdamW in fp32: weights, gradient and both moments read; weights and moments written. */
  private static final double OPTIMISER_BYTES = 7 * 4;

  /** Share of memory bandwidth that elementwise kernels reach. */
  private static final double BANDWIDTH_SHARE = 0.8;

  private final HardwareProfile profile;
  private final DecoderConfig model;
  private final int tokens;
  private final Map<Variant, Estimate> known = new HashMap<>();

  /**
   * @param tokens per sequence
   * @throws InvalidInputException if a sequence is longer than any model takes
   */
  public ModelledPasses(HardwareProfile profile, DecoderConfig model, int tokens) {
    if (tokens > LONGEST) {
      throw new InvalidInputException(
          "sequences of %d tokens are longer than %d.%nMaybe corpus.sequenceTokens has a digit too many."
              .formatted(tokens, LONGEST));
    }
    this.profile = profile;
    this.model = model;
    this.tokens = tokens;
  }

  @Override
  public double forward(Variant variant, long sequences) {
    return estimate(variant).cost().prefillSeconds() / BATCH * sequences;
  }

  private Estimate estimate(Variant variant) {
    return known.computeIfAbsent(variant, v -> profile.cost(model, v, workload(BATCH, tokens)));
  }

  /** A server runs its head on the last token alone; here every token is a sequence of one. */
  @Override
  public double head(long sequences) {
    Workload each = workload(BATCH * tokens, 1);
    return profile.fixed(model, each).cost().prefillSeconds() / BATCH * sequences;
  }

  @Override
  public double optimiser(long params) {
    return OPTIMISER_BYTES * params / (BANDWIDTH_SHARE * profile.hardware().bandwidth());
  }

  @Override
  public double uncertainty() {
    return estimate(model.parentBlock().attention())
        .plus(estimate(model.parentBlock().ffn()))
        .uncertainty();
  }

  @Override
  public String source() {
    return "model of %s: forward passes are bf16 prompts of %d tokens, a backward pass is two forward passes, the optimiser is bound by memory; communication and data loading are not counted"
        .formatted(profile.name(), tokens);
  }

  private static Workload workload(int batch, int tokens) {
    return new Workload(batch, tokens, 1, DType.BF16, DType.BF16, 1);
  }
}
