package puzzle.engine.decoder;

import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.Subblock;
import puzzle.model.Variant;
import puzzle.model.Variant.Kind;
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
 * @param architecture one block per layer; of a parent's layers, too, no two need be the same
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

  /** The most KV heads that an attention has; all query heads if no layer has one. */
  public int kvHeads() {
    return largest(Subblock.ATTENTION, Kind.GROUPED_ATTENTION, Size.KV_HEADS, heads);
  }

  /** The width of the widest gated FFN; the hidden size if no layer has one. */
  public int intermediateSize() {
    return largest(Subblock.FFN, Kind.GATED_FFN, Size.WIDTH, hiddenSize);
  }

  /** The block of every layer; where they differ, the largest attention and the largest FFN. */
  public Block parentBlock() {
    return new Block(Variant.attention(kvHeads()), Variant.ffn(intermediateSize()));
  }

  private int largest(Subblock subblock, Kind kind, Size size, int otherwise) {
    return architecture.blocks().stream()
        .map(block -> block.get(subblock))
        .filter(variant -> variant.kind() == kind)
        .mapToInt(variant -> variant.size(size))
        .max()
        .orElse(otherwise);
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
