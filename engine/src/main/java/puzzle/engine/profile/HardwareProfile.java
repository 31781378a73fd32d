package puzzle.engine.profile;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.model.Block;
import puzzle.model.Variant;
import puzzle.model.Workload;

/**
 * Costs of subblocks on one kind of hardware (section 4.1). The solver sees numbers; reports see
 * where each came from. Implementations are immutable and safe for any thread.
 */
public interface HardwareProfile {

  /** {@code h100}, {@code local}: the name a target uses. */
  String name();

  Hardware hardware();

  /**
   * One variant in one layer: its prompt for the whole batch, one generated token for the whole
   * batch, its bytes over all devices of a tensor-parallel group.
   *
   * @throws puzzle.model.InvalidInputException if the hardware cannot serve the workload's types or
   *     the model cannot be split as asked
   */
  Estimate cost(DecoderConfig model, Variant variant, Workload workload);

  /**
   * What every architecture pays whatever its blocks: embedding, head, and a server's time per
   * step. To be subtracted from limits.
   */
  Estimate fixed(DecoderConfig model, Workload workload);

  /**
   * Half width, relative, of the 90 % interval of a whole model's throughput. Smaller than a
   * block's: errors of single kernels average out.
   */
  double throughputUncertainty(DecoderConfig model, Workload workload);

  /** A whole model: its blocks and the fixed part. Equal blocks are costed once. */
  default Estimate total(DecoderConfig model, Workload workload) {
    Estimate sum = fixed(model, workload);
    Map<Variant, Estimate> known = new HashMap<>();
    for (Block block : model.architecture().blocks()) {
      for (Variant variant : List.of(block.attention(), block.ffn())) {
        sum = sum.plus(known.computeIfAbsent(variant, v -> cost(model, v, workload)));
      }
    }
    return sum;
  }
}
