package puzzle.engine.ablation;

import java.util.List;
import java.util.Map;
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
 * @param pairs per layer; empty where nothing was coupled
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
}
