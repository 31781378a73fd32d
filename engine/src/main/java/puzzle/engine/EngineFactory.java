package puzzle.engine;

import java.nio.file.Path;
import puzzle.engine.decoder.SubblockKind;
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

  /**
   * Opens the engine of one device. Called on the device's own thread, which makes all further
   * calls.
   */
  BlockEngine open(Device device);

  /**
   * Sizes of a parent.
   *
   * @param heads query heads of every layer's attention
   * @param block of every layer
   * @param params of the whole model
   */
  record ParentShape(int layers, int heads, int hiddenSize, Block block, long params) {

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
          layers,
          kvHeads,
          intermediateSize,
          new Block(Variant.attention(kvHeads), Variant.ffn(intermediateSize)),
          0);
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
          (int) Math.max(1, Math.min(layers, Math.ceil(2 * params / PART_BYTES))));
    }

    /** No part is smaller than a batch. */
    private int passes(RunSpec run, int sequences) {
      double tokens = (double) sequences * run.corpus().sequenceTokens();
      double part = Math.max(PART_TOKENS, PART_FLOPS / (2.0 * Math.max(1, params)));
      int batches = (sequences + run.scoring().batch() - 1) / run.scoring().batch();
      return (int) Math.max(1, Math.min(batches, Math.ceil(tokens / part)));
    }

    public int kvHeads() {
      return block.attention().size(Variant.Size.KV_HEADS);
    }

    public int intermediateSize() {
      return block.ffn().size(Variant.Size.WIDTH);
    }

    /**
     * @throws IllegalArgumentException if a variant cannot be made of the parent's weights
     */
    public void requireFit(Variant variant) {
      SubblockKind.of(variant).requireFit(variant, block, heads, hiddenSize);
    }
  }
}
