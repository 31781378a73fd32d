package puzzle.model;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;

/** One block per layer, from layer 0 up. */
public record Architecture(List<Block> blocks) {

  public Architecture {
    if (blocks == null || blocks.isEmpty()) {
      throw new IllegalArgumentException("an architecture has at least one layer");
    }
    blocks = List.copyOf(blocks);
  }

  /** The same block in every layer. */
  public static Architecture uniform(Block block, int layers) {
    return new Architecture(Collections.nCopies(layers, block));
  }

  public int layers() {
    return blocks.size();
  }

  public Block block(int layer) {
    return blocks.get(layer);
  }

  /** The same architecture with one layer's block replaced. */
  public Architecture with(int layer, Block block) {
    List<Block> changed = new ArrayList<>(blocks);
    changed.set(layer, block);
    return new Architecture(changed);
  }

  @Override
  public String toString() {
    return blocks.stream().map(Block::name).collect(Collectors.joining(" "));
  }
}
