package puzzle.engine.profile.hopper;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.profile.Estimate;
import puzzle.engine.profile.HardwareProfile;
import puzzle.model.Block;
import puzzle.model.DType;
import puzzle.model.SearchSpace;
import puzzle.model.Variant;
import puzzle.model.Workload;

/** A full profile of Llama-70B's standard space, as a search asks for it. */
final class ProfileSpeed {

  private ProfileSpeed() {}

  static List<Workload> sixWorkloads() {
    return Stream.of(
            new int[] {64, 128, 1024, 1},
            new int[] {256, 128, 128, 1},
            new int[] {32, 2048, 2048, 1},
            new int[] {128, 1000, 1000, 2},
            new int[] {16, 5000, 500, 4},
            new int[] {512, 128, 2048, 8})
        .map(w -> new Workload(w[0], w[1], w[2], DType.FP8, DType.FP8, w[3]))
        .toList();
  }

  /** Costs every composed block for every workload; returns their number. */
  static int blocks(HardwareProfile profile, List<Workload> workloads) {
    DecoderConfig model = PublishedThroughput.llama(8192, 64, 28672, 80);
    SearchSpace space = SearchSpace.standard(8, 28672, 256);
    int blocks = 0;
    for (Workload workload : workloads) {
      Map<Variant, Estimate> single = new HashMap<>();
      space.variants().forEach(v -> single.put(v, profile.cost(model, v, workload)));
      Map<Block, Estimate> composed = new HashMap<>();
      for (Block block : space.blocks()) {
        composed.put(block, single.get(block.attention()).plus(single.get(block.ffn())));
      }
      blocks += composed.size();
    }
    return blocks;
  }
}
