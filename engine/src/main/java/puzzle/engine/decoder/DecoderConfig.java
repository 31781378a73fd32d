package puzzle.engine.decoder;

import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.Variant;
import puzzle.model.Variant.Size;

/**
 * Everything that tells one decoder from another: Llama, Mistral, Qwen2 and Qwen3 are one
 * architecture with these switches, and a child is the same with a block per layer.
 *
 * @param family {@code llama}, {@code mistral}, {@code qwen2}, {@code qwen3}
 * @param headSize query, key and value channels per head; may differ from hidden / heads
 * @param ropeScaling null if positions are not rescaled
 * @param qkvBias true if q, k and v projections have a bias (Qwen2)
 * @param qkNorm true if q and k are RMS-normalised per head (Qwen3)
 * @param parentBlock the block of a layer that was not replaced
 * @param architecture one block per layer; all {@code parentBlock} for a parent
 */
public record DecoderConfig(
    String family,
    int vocabSize,
    int hiddenSize,
    int heads,
    int headSize,
    double rmsNormEps,
    double ropeTheta,
    RopeScaling ropeScaling,
    int maxPositions,
    boolean tiedEmbeddings,
    boolean qkvBias,
    boolean qkNorm,
    Block parentBlock,
    Architecture architecture) {

  /** Llama 3.1's frequency-dependent rescaling of rotary positions. */
  public record RopeScaling(
      double factor,
      double lowFrequencyFactor,
      double highFrequencyFactor,
      int originalPositions) {}

  public int layers() {
    return architecture.layers();
  }

  /** KV heads of the parent's attention. */
  public int kvHeads() {
    return parentBlock.attention().size(Size.KV_HEADS);
  }

  /** Width of the parent's FFN. */
  public int intermediateSize() {
    return parentBlock.ffn().size(Size.WIDTH);
  }

  /** The same model with other blocks. */
  public DecoderConfig with(Architecture other) {
    return new DecoderConfig(
        family,
        vocabSize,
        hiddenSize,
        heads,
        headSize,
        rmsNormEps,
        ropeTheta,
        ropeScaling,
        maxPositions,
        tiedEmbeddings,
        qkvBias,
        qkNorm,
        parentBlock,
        other);
  }

  /** Parameters of one variant, its norm included; 0 for a no-op. */
  public long params(Variant variant) {
    return TensorLayout.of(this, variant).values().stream().mapToLong(TensorSpec::elements).sum();
  }

  /** Parameters outside the layers: embedding, final norm and, where untied, the head. */
  public long fixedParams() {
    long embedding = (long) vocabSize * hiddenSize;
    return embedding + hiddenSize + (tiedEmbeddings ? 0 : embedding);
  }

  /** Parameters of the whole model. */
  public long params() {
    long sum = fixedParams();
    for (Block block : architecture.blocks()) {
      sum += params(block.attention()) + params(block.ffn());
    }
    return sum;
  }

  /** KV-cache elements per token of one variant, on one device. */
  public long kvElementsPerToken(Variant variant) {
    return SubblockKind.of(variant).kvElementsPerToken(this, variant, 1);
  }
}
