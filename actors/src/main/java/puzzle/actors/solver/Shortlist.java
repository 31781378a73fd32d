package puzzle.actors.solver;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.SearchSpace;

/**
 * Which blocks the second stage of BLD trains as a whole: those that good architectures use
 * (section 3). Blocks with the parent's own half are left out, since coupled training of such a
 * block is the decoupled training of the other half, and so are blocks without anything to train.
 */
final class Shortlist {

  private Shortlist() {}

  /**
   * @param architectures the best first
   * @param keep blocks per layer, at most
   * @return by layer, in the order of the architectures that use them
   */
  static List<List<Block>> of(SearchSpace space, List<Architecture> architectures, int keep) {
    List<List<Block>> layers = new ArrayList<>();
    for (int layer = 0; layer < architectures.get(0).layers(); layer++) {
      SearchSpace own = space.of(layer);
      LinkedHashSet<Block> used = new LinkedHashSet<>();
      for (Architecture architecture : architectures) {
        Block block = architecture.block(layer);
        if (own.trainsWhole(block) && used.size() < keep) {
          used.add(block);
        }
      }
      layers.add(List.copyOf(used));
    }
    return layers;
  }
}
