package puzzle.engine.profile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.Tensors;
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
 * medians count. All variants are run in the same memory ({@link Workbench}). Memory is counted,
 * not measured, at the types the child will be served in.
 */
public record LiveProfiler(DecoderConfig config, Workload workload, RunSpec.Profiling settings) {

  /** Tokens timed in a row, after one that is not: a server generates many, one after another. */
  private static final int DECODE_STEPS = 2;

  /**
   * @param prompts copies that a run of {@code prefill} goes through
   * @param decode seconds of one token
   */
  private record Timed(Runnable prefill, int prompts, DoubleSupplier decode) {}

  /**
   * Costs of every variant of the space, and of embedding, final norm and head.
   *
   * @throws puzzle.model.InvalidInputException if this machine's memory cannot hold them
   */
  public Profiled profile(SearchSpace space, Monitor monitor) {
    try (Workbench bench = new Workbench(config, timed(space), workload)) {
      Block own = config.parentBlock();
      VariantStack attention = new VariantStack(bench, own.attention());
      VariantStack ffn = new VariantStack(bench, own.ffn());
      List<Timed> timed = new ArrayList<>();
      for (Variant variant : space.variants()) {
        if (!variant.isNoOp()) {
          timed.add(timed(bench, variant, variant.subblock() == Subblock.FFN ? attention : ffn));
        }
      }
      timed.add(fixed(bench, attention, ffn));
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

  /** Bytes of memory that {@link #profile} takes. */
  public double bytes(SearchSpace space) {
    return Workbench.bytes(config, timed(space), workload);
  }

  /** The space's variants and the parent's own, between which they run. */
  private Set<Variant> timed(SearchSpace space) {
    Set<Variant> all = new LinkedHashSet<>(space.variants());
    all.add(config.parentBlock().attention());
    all.add(config.parentBlock().ffn());
    return all;
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

  /**
   * A token's time depends on what the processor's caches still hold, so a variant decodes where it
   * will: between the parent's other halves, which run but are not timed.
   */
  private Timed timed(Workbench bench, Variant variant, VariantStack others) {
    VariantStack stack = new VariantStack(bench, variant);
    NDManager manager = bench.manager();
    NDArray[] prompt = prompt(manager);
    NDArray token = states(manager, workload.batch(), 1);
    NDArray position = middle(manager);
    return new Timed(
        () -> finish(stack.prefill(prompt, Workbench.LEAST_PLACES)),
        Workbench.LEAST_PLACES,
        () -> stack.decodeSeconds(others, token, position) / stack.depth());
  }

  /** Embedding of all tokens; norm and head of the last one, as only that one is sampled from. */
  private Timed fixed(Workbench bench, VariantStack attention, VariantStack ffn) {
    NDManager manager = bench.manager();
    Decoder functions = bench.functions();
    int batch = workload.batch();
    NDArray prompt = ids(manager, batch, workload.prefillTokens());
    NDArray token = ids(manager, batch, 1);
    NDArray last = states(manager, batch, 1);
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

  /** The whole batch's prompts, in passes. */
  private NDArray[] prompt(NDManager manager) {
    int most = Workbench.passSequences(workload);
    return IntStream.iterate(0, from -> from < workload.batch(), from -> from + most)
        .map(from -> Math.min(most, workload.batch() - from))
        .mapToObj(count -> states(manager, count, workload.prefillTokens()))
        .toArray(NDArray[]::new);
  }

  /** Position of the token at mid-generation. */
  private NDArray middle(NDManager manager) {
    return position(manager, workload.prefillTokens() + workload.generationTokens() / 2);
  }

  private NDArray states(NDManager manager, int sequences, int tokens) {
    return Tensors.detached(
        manager, () -> Tensors.zeros(manager, sequences, tokens, config.hiddenSize()));
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
