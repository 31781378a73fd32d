package puzzle.engine;

import java.nio.file.Path;
import puzzle.engine.decoder.SubblockKind;
import puzzle.model.Block;
import puzzle.model.Device;
import puzzle.model.InvalidInputException;
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
   */
  record ParentShape(int layers, int heads, int hiddenSize, Block block) {

    /** A query head for each KV head, and a hidden state as wide as the FFN. */
    public ParentShape(int layers, int kvHeads, int intermediateSize) {
      this(
          layers,
          kvHeads,
          intermediateSize,
          new Block(Variant.attention(kvHeads), Variant.ffn(intermediateSize)));
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
