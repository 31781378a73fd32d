package puzzle.engine.profile;

import java.util.TreeSet;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.model.InvalidInputException;
import puzzle.model.Workload;

/**
 * From costs to throughput: a full batch is prefilled, then generates to its end,
 *
 * <pre> tokens/s = batch x generated / (prefill + generated x decode) </pre>
 *
 * which is also the steady state of continuous batching, where the same work is spread evenly.
 */
public final class ThroughputModel {

  /** Sequences a server runs at once unless told otherwise. */
  public static final int MOST_SEQUENCES = 2048;

  private ThroughputModel() {}

  /** Tokens per second, over all devices, of a workload that costs so much. */
  public static double tokensPerSecond(Estimate total, Workload workload) {
    return workload.generatedTokens() / total.cost().runtimeSeconds(workload);
  }

  /** Throughput at the workload's batch, whether it fits or not: see {@link Throughput#fits()}. */
  public static Throughput at(HardwareProfile profile, DecoderConfig model, Workload workload) {
    return at(profile, model, workload, maxBatch(profile, model, workload, 1 << 20));
  }

  /**
   * Throughput at the best batch that fits.
   *
   * @param workload its batch is not looked at
   * @param mostSequences the server's own limit on the batch
   * @throws InvalidInputException if not even one sequence fits
   */
  public static Throughput best(
      HardwareProfile profile, DecoderConfig model, Workload workload, int mostSequences) {
    int max = maxBatch(profile, model, workload, 1 << 20);
    int most = Math.min(max, mostSequences);
    if (most < 1) {
      throw new InvalidInputException(
          "%s: the model with one sequence of %d tokens does not fit on %d device(s).%nMaybe use more devices, fp8 or a smaller child."
              .formatted(profile.name(), workload.sequenceTokens(), workload.tensorParallel()));
    }
    TreeSet<Integer> batches = new TreeSet<>();
    batches.add(most);
    for (int b = 1; b < most; b *= 2) {
      batches.add(b);
      batches.add(Math.min(most, b + b / 2));
    }
    Throughput best = null;
    for (int batch : batches.descendingSet()) {
      if (batch * 8 < most && best != null) {
        break;
      }
      Throughput here = at(profile, model, withBatch(workload, batch), max);
      if (best == null || here.tokensPerSecond() > best.tokensPerSecond()) {
        best = here;
      }
    }
    return best;
  }

  /** The largest batch that fits, at most {@code cap}. */
  public static int maxBatch(
      HardwareProfile profile, DecoderConfig model, Workload workload, int cap) {
    long bytes = profile.total(model, withBatch(workload, 1)).cost().weightBytes();
    return MemoryModel.maxBatch(model, workload, bytes, profile.hardware(), cap);
  }

  public static Workload withBatch(Workload workload, int batch) {
    return new Workload(
        batch,
        workload.prefillTokens(),
        workload.generationTokens(),
        workload.weights(),
        workload.kvCache(),
        workload.tensorParallel());
  }

  private static Throughput at(
      HardwareProfile profile, DecoderConfig model, Workload workload, int maxBatch) {
    Estimate total = profile.total(model, workload);
    return new Throughput(
        workload,
        total,
        tokensPerSecond(total, workload),
        maxBatch,
        MemoryModel.kvBytesPerToken(model, workload),
        profile.throughputUncertainty(model, workload));
  }
}
