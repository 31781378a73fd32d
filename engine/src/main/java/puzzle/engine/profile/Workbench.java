package puzzle.engine.profile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.ToLongFunction;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.TensorLayout;
import puzzle.engine.decoder.TensorSpec;
import puzzle.engine.machine.HostMemory;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.SubblockWeights;
import puzzle.engine.nn.Tensors;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.InvalidInputException;
import puzzle.model.Subblock;
import puzzle.model.Variant;
import puzzle.model.Workload;

/**
 * The memory that variants and whole models are timed in, one after the other: all of them lay
 * their weights and KV caches into the same places, so it takes what the largest does, and nothing
 * is drawn or loaded again when the next one's turn comes. Values do not matter to time.
 *
 * <p>A place is a layer's. There are as many as the model has layers, or so many that together they
 * are far larger than any processor's cache: a layer of a larger model then takes a place that an
 * earlier one had, and finds as little of it in the caches as of a place of its own.
 */
final class Workbench implements AutoCloseable {

  /** Bytes that no processor keeps in its caches. */
  private static final double BEYOND_CACHES = 1L << 30;

  /** Copies of a variant in a prefill run: enough to leave the caches, few enough to be quick. */
  static final int LEAST_PLACES = 2;

  /** Tokens of a prompt that pass at once: enough for full speed, as servers do it. */
  private static final int PASS_TOKENS = 4096;

  /** Share of the memory there is that measuring may take. */
  private static final double SHARE = 0.7;

  private static final Variant NOTHING_ATTENDED = Variant.parse("attention-no-op");
  private static final Variant NOTHING_FED = Variant.parse("ffn-no-op");

  private final DecoderConfig config;
  private final Workload workload;
  private final int places;
  private final Decoder functions;
  private final Map<Subblock, NDArray> weights = new EnumMap<>(Subblock.class);
  private final NDArray keys;
  private final NDArray values;

  /** What a place of each kind has room for, in elements. */
  private record Room(long attention, long ffn, long cache) {

    static Room of(DecoderConfig config, Collection<Variant> variants, Workload workload) {
      ToLongFunction<Variant> cached =
          v -> config.kvElementsPerToken(v) * workload.batch() * workload.sequenceTokens();
      return new Room(
          most(variants, Subblock.ATTENTION, config::params),
          most(variants, Subblock.FFN, config::params),
          most(variants, Subblock.ATTENTION, cached));
    }

    private static long most(
        Collection<Variant> variants, Subblock subblock, ToLongFunction<Variant> size) {
      return variants.stream()
          .filter(v -> v.subblock() == subblock)
          .mapToLong(size)
          .max()
          .orElse(0);
    }

    double bytes() {
      return (double) Float.BYTES * (attention + ffn + cache);
    }

    int places(DecoderConfig config) {
      double enough = Math.ceil(BEYOND_CACHES / bytes());
      return (int) Math.max(LEAST_PLACES, Math.min(config.layers(), enough));
    }
  }

  /**
   * @param variants all that will be timed
   * @throws InvalidInputException if the memory there is cannot hold them
   */
  Workbench(DecoderConfig config, Collection<Variant> variants, Workload workload) {
    require(bytes(config, variants, workload), HostMemory.here());
    this.config = config;
    this.workload = workload;
    Room room = Room.of(config, variants, workload);
    this.places = room.places(config);
    DecoderConfig bare =
        config.with(Architecture.uniform(new Block(NOTHING_ATTENDED, NOTHING_FED), 1));
    Map<String, long[]> shapes = new HashMap<>();
    TensorLayout.of(bare).forEach((name, tensor) -> shapes.put(name, tensor.shape()));
    this.functions = Decoder.load(bare, new TiledWeights(shapes), workload.sequenceTokens());
    weights.put(Subblock.ATTENTION, flat(places * room.attention()));
    weights.put(Subblock.FFN, flat(places * room.ffn()));
    this.keys = flat(places * room.cache() / 2);
    this.values = flat(places * room.cache() / 2);
  }

  private NDArray flat(long elements) {
    return Tensors.load(
        functions.manager(), new TiledWeights(Map.of("flat", new long[] {elements})), "flat");
  }

  /** Bytes that measuring takes: places, embedding and head, and a prompt on its way. */
  static double bytes(DecoderConfig config, Collection<Variant> variants, Workload workload) {
    Room room = Room.of(config, variants, workload);
    double prompt = (double) workload.batch() * workload.prefillTokens() * config.hiddenSize();
    double pass =
        (double) passSequences(workload)
            * workload.prefillTokens()
            * (6.0 * config.hiddenSize() + 3.0 * config.intermediateSize());
    double logits = (double) workload.batch() * config.vocabSize();
    return room.places(config) * room.bytes()
        + Float.BYTES * (config.fixedParams() + 2 * prompt + pass + logits);
  }

  /**
   * @throws InvalidInputException if it is too much
   */
  static void require(double bytes, HostMemory memory) {
    if (bytes > SHARE * memory.bytes()) {
      throw new InvalidInputException(
          "measuring this model here takes about %.1f GB of memory; of %.1f GB (%s) it may take %.1f.%nMaybe a smaller batch, or a model of hardware, which measures nothing: h100."
              .formatted(
                  bytes / 1e9,
                  memory.bytes() / 1e9,
                  memory.source(),
                  SHARE * memory.bytes() / 1e9));
    }
  }

  /** Sequences of a prompt that pass at once. */
  static int passSequences(Workload workload) {
    return Math.max(1, Math.min(workload.batch(), PASS_TOKENS / workload.prefillTokens()));
  }

  DecoderConfig config() {
    return config;
  }

  Workload workload() {
    return workload;
  }

  int places() {
    return places;
  }

  /** Embedding, head, and the arithmetic of every variant. */
  Decoder functions() {
    return functions;
  }

  NDManager manager() {
    return functions.manager();
  }

  /** A variant's weights where a layer has its place. */
  SubblockWeights weights(int layer, Variant variant) {
    Map<String, NDArray> arrays = new LinkedHashMap<>();
    long at = layer % places * config.params(variant);
    for (Map.Entry<String, TensorSpec> tensor : TensorLayout.of(config, variant).entrySet()) {
      NDArray all = weights.get(variant.subblock());
      arrays.put(tensor.getKey(), part(all, at, tensor.getValue().shape()));
      at += tensor.getValue().elements();
    }
    return new SubblockWeights(variant, arrays);
  }

  /** A layer's KV cache; for what has none, an empty one. */
  Decoder.KvCache cache(int layer, Variant variant) {
    long perToken = config.kvElementsPerToken(variant) / 2;
    long[] shape = {
      workload.batch(), perToken / config.headSize(), workload.sequenceTokens(), config.headSize()
    };
    long size = Arrays.stream(shape).reduce(1, Math::multiplyExact);
    long at = layer % places * size;
    return new Decoder.KvCache(part(keys, at, shape), part(values, at, shape));
  }

  /** The part of a cache that some sequences have. */
  static Decoder.KvCache of(Decoder.KvCache cache, int from, int count) {
    NDIndex rows = new NDIndex("{}:{}", from, from + count);
    return new Decoder.KvCache(cache.keys().get(rows), cache.values().get(rows));
  }

  private NDArray part(NDArray all, long from, long... shape) {
    Shape of = new Shape(shape);
    return Tensors.detached(
        manager(), () -> all.get(new NDIndex("{}:{}", from, from + of.size())).reshape(of));
  }

  @Override
  public void close() {
    functions.close();
  }
}
