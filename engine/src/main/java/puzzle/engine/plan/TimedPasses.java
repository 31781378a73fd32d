package puzzle.engine.plan;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.nn.HeadChunks;
import puzzle.engine.nn.Tensors;
import puzzle.engine.profile.LiveProfiler;
import puzzle.model.Architecture;
import puzzle.model.DType;
import puzzle.model.RunSpec;
import puzzle.model.SearchSpace;
import puzzle.model.TaskResult.Profiled;
import puzzle.model.TaskResult.VariantCost;
import puzzle.model.Variant;
import puzzle.model.Workload;

/** Passes on this machine, timed: one layer of every variant, a few times each. */
public final class TimedPasses implements PassTimes {

  private static final RunSpec.Profiling BRIEF = new RunSpec.Profiling(1, 3);

  /** Weights, gradient and both moments read; weights and moments written: seven passes, fp32. */
  private static final int OPTIMISER_PASSES = 7;

  private static final int COPIED_FLOATS = 1 << 22;
  private static final int COPIES = 5;

  /** More at once are as fast for each. */
  private static final int MOST_TOKENS = 4096;

  private final Profiled layers;

  /** Of one sequence. */
  private final double headSeconds;

  private final double secondsPerFloat;
  private final int batch;

  /**
   * Measures; takes seconds for a tiny model and minutes for a large one.
   *
   * @param batch sequences per pass
   * @param tokens per sequence
   * @param threads of one operation
   * @param monitor hears of each pass
   * @throws puzzle.model.InvalidInputException if this machine's memory cannot hold the variants
   */
  public TimedPasses(
      DecoderConfig model, SearchSpace space, int batch, int tokens, int threads, Monitor monitor) {
    Tensors.threads(threads);
    this.batch = Math.max(1, Math.min(batch, MOST_TOKENS / tokens));
    DecoderConfig layer = model.with(Architecture.uniform(model.parentBlock(), 1));
    Workload prompt = new Workload(this.batch, tokens, 1, DType.FP32, DType.FP32, 1);
    this.layers = new LiveProfiler(layer, prompt, BRIEF).profile(space, monitor);
    // Every token a sequence of its own, so that the head runs on all of them.
    int chunk = (int) Math.min((long) this.batch * tokens, HeadChunks.tokens(model.vocabSize()));
    Workload each = new Workload(chunk, 1, 1, DType.FP32, DType.FP32, 1);
    SearchSpace own =
        new SearchSpace(
            List.of(model.parentBlock().attention()), List.of(model.parentBlock().ffn()));
    double seconds =
        new LiveProfiler(layer, each, BRIEF).profile(own, monitor).fixed().prefillSeconds();
    this.headSeconds = seconds / chunk * tokens;
    this.secondsPerFloat = copySeconds() / COPIED_FLOATS;
  }

  @Override
  public double forward(Variant variant, long sequences) {
    return layers.cost(variant).prefillSeconds() / batch * sequences;
  }

  @Override
  public double head(long sequences) {
    return headSeconds * sequences;
  }

  @Override
  public double optimiser(long params) {
    return OPTIMISER_PASSES * params * secondsPerFloat;
  }

  @Override
  public double uncertainty() {
    return layers.variants().stream().mapToDouble(VariantCost::relativeSpread).max().orElse(0);
  }

  @Override
  public String source() {
    return "timed on this machine, one layer of every variant; a backward pass is two forward passes, the optimiser is bound by memory";
  }

  /** Median seconds of one copy, which reads and writes every float once. */
  private static double copySeconds() {
    FloatBuffer from = FloatBuffer.allocate(COPIED_FLOATS);
    FloatBuffer to = FloatBuffer.allocate(COPIED_FLOATS);
    double[] seconds = new double[COPIES];
    for (int i = 0; i < COPIES; i++) {
      long start = System.nanoTime();
      to.clear();
      to.put(from.clear());
      seconds[i] = (System.nanoTime() - start) * 1e-9;
    }
    Arrays.sort(seconds);
    return seconds[COPIES / 2];
  }
}
