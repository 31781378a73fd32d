package puzzle.model;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * What products and attention compute in. Norms, softmax, losses and the residual stream are fp32
 * in either, and so are weights that are trained.
 */
public enum Precision {
  /** bf16 where the parent's weights are, and products in it are faster; fp32 otherwise. */
  @JsonProperty("auto")
  AUTO,
  /** Operands of 8 significant bits, sums in fp32. */
  @JsonProperty("bf16")
  BF16,
  @JsonProperty("fp32")
  FP32
}
