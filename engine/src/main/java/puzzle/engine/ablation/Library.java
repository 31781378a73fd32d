package puzzle.engine.ablation;

import java.util.List;
import java.util.Map;
import puzzle.engine.decoder.TensorLayout;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.SubblockWeights;
import puzzle.engine.safetensors.SafetensorsFile;
import puzzle.engine.store.Store;
import puzzle.model.Block;
import puzzle.model.CheckpointRef;
import puzzle.model.Task;
import puzzle.model.Variant;

/**
 * Trained variants of every layer, and of some blocks a pair trained together.
 *
 * @param name tells libraries of one store apart
 * @param variants per layer; without those that have nothing to train
 * @param pairs per layer; empty if nothing was coupled
 */
record Library(
    String name,
    Store store,
    List<Map<Variant, CheckpointRef>> variants,
    List<Map<Block, CheckpointRef>> pairs) {

  Library {
    variants = List.copyOf(variants);
    pairs = List.copyOf(pairs);
  }

  /** Files of a block's halves; null for the parent's own and for a no-op. */
  Task.Weights weights(int layer, Block block) {
    CheckpointRef pair = pairs.get(layer).get(block);
    Map<Variant, CheckpointRef> single = variants.get(layer);
    return pair == null
        ? new Task.Weights(single.get(block.attention()), single.get(block.ffn()))
        : new Task.Weights(pair, pair);
  }

  /**
   * A block's halves as trained.
   *
   * @param attention null if it is the parent's own; so is {@code ffn}
   */
  record Halves(SubblockWeights attention, SubblockWeights ffn) implements AutoCloseable {
    @Override
    public void close() {
      if (attention != null) {
        attention.close();
      }
      if (ffn != null) {
        ffn.close();
      }
    }
  }

  /**
   * @param parent lends its memory and its shapes
   * @param own the parent's block, whose halves are not read
   */
  Halves open(Decoder parent, int layer, Block block, Block own) {
    Task.Weights files = weights(layer, block);
    return new Halves(
        block.attention().equals(own.attention())
            ? null
            : read(parent, layer, block.attention(), files.attention()),
        block.ffn().equals(own.ffn()) ? null : read(parent, layer, block.ffn(), files.ffn()));
  }

  private SubblockWeights read(Decoder parent, int layer, Variant variant, CheckpointRef file) {
    SafetensorsFile weights = file == null ? null : store.safetensors(file);
    String prefix = TensorLayout.prefix(layer);
    return SubblockWeights.create(
        parent.manager(), parent.config(), variant, name -> weights.fp32(prefix + name));
  }
}
