package puzzle.engine;

import java.nio.file.Path;
import java.util.List;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.SubblockKind;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.Device;
import puzzle.model.InvalidInputException;
import puzzle.model.RunSpec;
import puzzle.model.Variant;

/**
 * Where engines come from. Found as a service, so that the command line can print its help without
 * loading a tensor library.
 */
public interface EngineFactory {

  /**
   * Reads what a run's defaults depend on from a parent's configuration, and that its weights are
   * there in the shapes it says; no values.
   *
   * @throws InvalidInputException where the folder is not a checkpoint of a supported family
   */
  ParentShape shape(Path parent);

  /** Says how many devices this process has, which share its memory; otherwise one. */
  default void expect(int devices) {}

  /**
   * Opens the engine of one device. Called on the device's own thread, which makes all further
   * calls.
   */
  BlockEngine open(Device device);

  /**
   * Sizes of a parent.
   *
   * @param heads query heads of every layer's attention
   * @param largest the block of every layer; where they differ, the largest of each half
   * @param own the block of each layer
   * @param params of the whole model
   */
  record ParentShape(int heads, int hiddenSize, Block largest, Architecture own, long params) {

    /**
     * What a part of a pass over the corpus costs at least: minutes on one thread of a processor,
     * and enough that computing hides the reading of the weights.
     */
    private static final double PART_FLOPS = 1e14;

    private static final double PART_TOKENS = 1 << 14;

    /** Of weights that a part of an export writes, 16 bits each. */
    private static final double PART_BYTES = 5L << 30;

    /** A query head for each KV head, and a hidden state as wide as the FFN. */
    public ParentShape(int layers, int kvHeads, int intermediateSize) {
      this(
          kvHeads,
          intermediateSize,
          new Block(Variant.attention(kvHeads), Variant.ffn(intermediateSize)),
          Architecture.uniform(
              new Block(Variant.attention(kvHeads), Variant.ffn(intermediateSize)), layers),
          0);
    }

    public static ParentShape of(DecoderConfig config) {
      return new ParentShape(
          config.heads(),
          config.hiddenSize(),
          config.parentBlock(),
          config.architecture(),
          config.params());
    }

    public int layers() {
      return own.layers();
    }

    /** True if all layers are alike. */
    public boolean uniform() {
      return own.blocks().stream().allMatch(largest::equals);
    }

    /** How many parts the long tasks of a run of this parent are done in. */
    public RunSpec.Parts parts(RunSpec run) {
      RunSpec.Scoring scoring = run.scoring();
      int evaluated = scoring.evaluationSequences();
      int recorded =
          run.bld().sequences() + scoring.sequences() + scoring.selectionSequences() + evaluated;
      return new RunSpec.Parts(
          passes(run, recorded),
          passes(run, evaluated),
          (int) Math.max(1, Math.min(layers(), Math.ceil(2 * params / PART_BYTES))));
    }

    /** No part is smaller than a batch. */
    private int passes(RunSpec run, int sequences) {
      double tokens = (double) sequences * run.corpus().sequenceTokens();
      double part = Math.max(PART_TOKENS, PART_FLOPS / (2.0 * Math.max(1, params)));
      int batches = (sequences + run.scoring().batch() - 1) / run.scoring().batch();
      return (int) Math.max(1, Math.min(batches, Math.ceil(tokens / part)));
    }

    public int kvHeads() {
      return largest.attention().size(Variant.Size.KV_HEADS);
    }

    public int intermediateSize() {
      return largest.ffn().size(Variant.Size.WIDTH);
    }

    /**
     * @throws IllegalArgumentException if a variant is no layer's own and can be made of none's
     *     weights
     */
    public void requireFit(Variant variant) {
      List<Block> blocks = own.blocks();
      if (blocks.stream().anyMatch(b -> b.get(variant.subblock()).equals(variant))) {
        return;
      }
      Block like =
          blocks.stream()
              .filter(b -> variant.replaces(b.get(variant.subblock())))
              .findFirst()
              .orElse(largest);
      SubblockKind.of(variant).requireFit(variant, like, heads, hiddenSize);
    }
  }
}
