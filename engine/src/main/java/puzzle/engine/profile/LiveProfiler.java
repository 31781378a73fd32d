package puzzle.engine.profile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.RandomWeights;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.Tensors;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.BlockCost;
import puzzle.model.RunSpec;
import puzzle.model.SearchSpace;
import puzzle.model.Subblock;
import puzzle.model.TaskResult;
import puzzle.model.TaskResult.Profiled;
import puzzle.model.TaskResult.VariantCost;
import puzzle.model.Variant;
import puzzle.model.Workload;

/**
 * Measures on the device at hand what each variant costs (section 4.1): the prompt and a generated
 * token, at the workload's batch and lengths, the token at the middle of the generation.
 *
 * <p>Rounds are interleaved over the variants, so that a machine that slows down slows all of them;
 * medians count. Values of weights do not matter to time, so they are random. Memory is counted,
 * not measured, at the types the child will be served in.
 */
public record LiveProfiler(DecoderConfig config, Workload workload, RunSpec.Profiling settings) {

  /** Copies of a variant in a prefill run: enough to leave the caches, few enough to be quick. */
  private static final int PREFILL_DEPTH = 2;

  /** Tokens timed in a row, after one that is not: a server generates many, one after another. */
  private static final int DECODE_STEPS = 2;

  private static final long SEED = 1;

  /**
   * @param prompts copies that a run of {@code prefill} goes through
   * @param decode seconds of one token
   */
  private record Timed(Runnable prefill, int prompts, DoubleSupplier decode) {}

  /** Costs of every variant of the space, and of embedding, final norm and head. */
  public Profiled profile(SearchSpace space, Monitor monitor) {
    DecoderConfig one = config.with(Architecture.uniform(config.parentBlock(), 1));
    try (Decoder functions =
        Decoder.load(one, new RandomWeights(one, SEED), workload.sequenceTokens())) {
      Block own = config.parentBlock();
      VariantStack attention = deep(functions, own.attention());
      VariantStack ffn = deep(functions, own.ffn());
      List<Timed> timed = new ArrayList<>();
      for (Variant variant : space.variants()) {
        if (!variant.isNoOp()) {
          timed.add(
              timed(functions, variant, variant.subblock() == Subblock.FFN ? attention : ffn));
        }
      }
      timed.add(fixed(functions, attention, ffn));
      return costs(
          space,
          PassWatch.rounds(
              timed.size(),
              settings,
              monitor,
              i -> {
                Timed t = timed.get(i);
                double prompt = seconds(t.prefill()) / t.prompts();
                return new double[] {prompt, decodeSeconds(t.decode())};
              }));
    }
  }

  private Profiled costs(SearchSpace space, List<PassWatch> watches) {
    List<VariantCost> variants = new ArrayList<>();
    int next = 0;
    for (Variant variant : space.variants()) {
      if (variant.isNoOp()) {
        variants.add(new VariantCost(variant, BlockCost.ZERO, 0));
        continue;
      }
      StopWatch p = watches.get(next).prefill();
      StopWatch d = watches.get(next++).decode();
      variants.add(
          new VariantCost(
              variant,
              CountedCost.cost(config, variant, workload, p.median(), d.median()),
              Math.max(p.relativeSpread(), d.relativeSpread())));
    }
    PassWatch last = watches.get(next);
    BlockCost fixed =
        CountedCost.fixed(config, workload, last.prefill().median(), last.decode().median());
    return new Profiled(workload, variants, fixed, TaskResult.MEASURED);
  }

  /** As many copies as the model has layers, each with weights and KV cache of its own. */
  private VariantStack deep(Decoder functions, Variant variant) {
    return new VariantStack(functions, variant, config.layers(), workload, SEED);
  }

  /**
   * A token's time depends on what the processor's caches still hold, so a variant decodes where it
   * will: between the parent's other halves, which run but are not timed.
   */
  private Timed timed(Decoder functions, Variant variant, VariantStack others) {
    VariantStack shallow = new VariantStack(functions, variant, PREFILL_DEPTH, workload, SEED);
    VariantStack deep = deep(functions, variant);
    NDManager manager = functions.manager();
    NDArray prompt = states(manager, workload.prefillTokens());
    NDArray token = states(manager, 1);
    NDArray position = middle(manager);
    return new Timed(
        () -> finish(shallow.prefill(prompt)),
        shallow.depth(),
        () -> deep.decodeSeconds(others, token, position) / deep.depth());
  }

  /** Embedding of all tokens; norm and head of the last one, as only that one is sampled from. */
  private Timed fixed(Decoder functions, VariantStack attention, VariantStack ffn) {
    NDManager manager = functions.manager();
    int batch = workload.batch();
    NDArray prompt = ids(manager, batch, workload.prefillTokens());
    NDArray token = ids(manager, batch, 1);
    NDArray last = states(manager, 1);
    NDArray position = middle(manager);
    return new Timed(
        () -> {
          finish(functions.embed(prompt));
          finish(functions.logits(last));
        },
        1,
        () -> {
          attention.decodeSeconds(ffn, last, position);
          long start = System.nanoTime();
          finish(functions.logits(functions.embed(token)));
          return (System.nanoTime() - start) * 1e-9;
        });
  }

  /** Position of the token at mid-generation. */
  private NDArray middle(NDManager manager) {
    return position(manager, workload.prefillTokens() + workload.generationTokens() / 2);
  }

  private NDArray states(NDManager manager, int tokens) {
    return Tensors.detached(
        manager, () -> Tensors.zeros(manager, workload.batch(), tokens, config.hiddenSize()));
  }

  static NDArray ids(NDManager manager, int batch, int tokens) {
    return Tensors.detached(manager, () -> Tensors.ids(manager, new int[batch][tokens], 0, tokens));
  }

  static NDArray position(NDManager manager, int value) {
    return Tensors.detached(
        manager,
        () -> Tensors.ids(manager, new int[][] {{value}}, 0, 1).reshape(new long[0]).duplicate());
  }

  /** Reading one value waits for the device, whatever it is. */
  static void finish(NDArray result) {
    result.getFloat(new long[result.getShape().dimension()]);
  }

  private static double decodeSeconds(DoubleSupplier step) {
    Supplier<Double> timed = step::getAsDouble;
    Tensors.inference(timed);
    double seconds = 0;
    for (int i = 0; i < DECODE_STEPS; i++) {
      seconds += Tensors.inference(timed);
    }
    return seconds / DECODE_STEPS;
  }

  private static double seconds(Runnable work) {
    Supplier<Double> timed =
        () -> {
          long start = System.nanoTime();
          work.run();
          return (System.nanoTime() - start) * 1e-9;
        };
    return Tensors.inference(timed);
  }
}
