package puzzle.engine.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.KernelCall;
import puzzle.engine.decoder.TensorLayout;
import puzzle.engine.decoder.WeightSource;
import puzzle.model.Block;
import puzzle.model.Precision;
import puzzle.model.Subblock;
import puzzle.model.Variant;

/**
 * A decoder-only transformer whose layers may differ: pre-norm attention and gated FFN, each with
 * its residual, as functions over named weights.
 *
 * <p>Products and attention compute in the model's precision, all else in fp32. Weights that are
 * not trained are held in it too ({@link WeightLoader}).
 *
 * <p>Shapes: hidden states are [batch, tokens, hidden] in fp32. All functions are pure but for
 * {@link #prefill} and {@link #decode}, which write the KV cache. Results belong to the manager of
 * their first argument and to the caller's scope. One thread at a time.
 */
public final class Decoder implements AutoCloseable {

  private final DecoderConfig config;
  private final NDManager manager;

  private final WeightSource source;
  private final WeightLoader loader;

  /** What products compute in. */
  private final Precision precision;

  /** What matrices are held in. */
  private final Precision held;

  /** Layers whose weights are read when their turn comes; null if all are in memory. */
  private final Turns turns;

  private final NDArray embedding;
  private final NDArray finalNorm;
  private final NDArray head;
  private final SubblockWeights[] attention;
  private final SubblockWeights[] ffn;
  private final NDArray cos;
  private final NDArray sin;
  private final NDArray eps;
  private final NDArray none;
  private long attentionPasses;
  private long ffnPasses;

  private Decoder(
      DecoderConfig config,
      WeightSource source,
      int positions,
      boolean resident,
      Precision precision,
      Precision held) {
    this.config = config;
    this.manager = Tensors.root().newSubManager();
    this.source = source;
    this.precision = precision;
    this.held = held;
    this.loader = new WeightLoader(source, held, manager);
    this.turns = resident ? null : new Turns(config, loader, manager);
    this.embedding =
        resident
            ? loader.load(manager, TensorLayout.EMBEDDING)
            : loader.lent(manager, TensorLayout.EMBEDDING).orElse(null);
    this.finalNorm = loader.load(manager, TensorLayout.NORM);
    this.head =
        !resident || config.tiedEmbeddings() ? embedding : loader.load(manager, TensorLayout.HEAD);
    this.attention = new SubblockWeights[config.layers()];
    this.ffn = new SubblockWeights[config.layers()];
    for (int layer = 0; layer < config.layers(); layer++) {
      Block block = config.architecture().block(layer);
      attention[layer] = weights(layer, block.attention());
      ffn[layer] = weights(layer, block.ffn());
    }
    int d = config.headSize();
    this.cos = constant(Rope.table(config, positions, false), positions, d);
    this.sin = constant(Rope.table(config, positions, true), positions, d);
    this.eps = Tensors.detached(manager, () -> Tensors.scalar(manager, config.rmsNormEps()));
    this.none = Tensors.detached(manager, () -> Tensors.zeros(manager, 0));
  }

  private SubblockWeights weights(int layer, Variant variant) {
    return resident()
        ? loader.load(manager, config, layer, variant)
        : SubblockWeights.unread(variant);
  }

  /**
   * Loads all weights into fp32 memory of its own, to be trained or looked at; products are fp32.
   *
   * @param positions tokens of the longest sequence
   */
  public static Decoder load(DecoderConfig config, WeightSource source, int positions) {
    return trainable(config, source, positions, Precision.FP32);
  }

  /** The same with products in a precision: fp32 masters, whose gradients are fp32. */
  public static Decoder trainable(
      DecoderConfig config, WeightSource source, int positions, Precision precision) {
    return new Decoder(config, source, positions, true, precision, Precision.FP32);
  }

  /** All weights at hand, in the precision that products compute in; not to be trained. */
  public static Decoder whole(
      DecoderConfig config, WeightSource source, int positions, Precision precision) {
    return new Decoder(config, source, positions, true, precision, precision);
  }

  /**
   * A model larger than memory: the weights of one layer at a time are in memory, and those of the
   * next while they are read on another thread. They are read from the source when the layer's turn
   * comes and freed when the next one's does; so are those of the head, and of the embedding only
   * the rows asked for. The arithmetic is the same to the bit. Made for going through many
   * sequences layer by layer, as {@link Passes} does.
   */
  public static Decoder layerByLayer(
      DecoderConfig config, WeightSource source, int positions, Precision precision) {
    return new Decoder(config, source, positions, false, precision, precision);
  }

  /** True if all weights are in memory. */
  public boolean resident() {
    return turns == null;
  }

  public DecoderConfig config() {
    return config;
  }

  /** What products compute in: BF16 or FP32. */
  public Precision precision() {
    return precision;
  }

  /** Owner of the weights; closed with the decoder. */
  public NDManager manager() {
    return manager;
  }

  /** Weights of a layer's subblock; layer by layer, valid until another layer is asked for. */
  public SubblockWeights weights(int layer, Subblock subblock) {
    boolean first = subblock == Subblock.ATTENTION;
    if (resident()) {
      return first ? attention[layer] : ffn[layer];
    }
    SubblockWeights own = first ? attention[layer] : ffn[layer];
    return own.unread() ? turns.take(layer, unread(layer)).get(subblock) : own;
  }

  /** The variants of a layer that are read when its turn comes. */
  private List<Variant> unread(int layer) {
    return Stream.of(attention[layer], ffn[layer])
        .filter(SubblockWeights::unread)
        .map(SubblockWeights::variant)
        .toList();
  }

  /**
   * Has a layer's weights read on another thread, if they are to be read; of the head, if there is
   * no such layer. For the one that comes next: it takes the memory of one more.
   */
  public void ahead(int layer) {
    if (!resident()) {
      turns.ahead(layer, layer < config.layers() ? unread(layer) : List.of());
    }
  }

  /** Layers, the head among them, whose weights are in memory or on their way there. */
  int layersHeld() {
    return resident() ? config.layers() + 1 : turns.held();
  }

  /** Weights from elsewhere for a place in this model, as this model holds them. */
  public SubblockWeights read(int layer, Variant variant, WeightSource from) {
    return new WeightLoader(from, held, manager).load(manager, config, layer, variant);
  }

  /**
   * Puts another variant's weights in a subblock's place; the caller keeps ownership of both.
   *
   * @return what was there, to be put back
   */
  public SubblockWeights replace(int layer, SubblockWeights weights) {
    if (!resident()) {
      turns.release(layer);
    }
    SubblockWeights[] place = weights.variant().subblock() == Subblock.ATTENTION ? attention : ffn;
    SubblockWeights before = place[layer];
    place[layer] = weights;
    return before;
  }

  /**
   * Every trainable array under its name in a checkpoint, in a checkpoint's order.
   *
   * @throws IllegalStateException if the weights are not all in memory, in fp32
   */
  public Map<String, NDArray> parameters() {
    if (!resident() || held != Precision.FP32) {
      throw new IllegalStateException("a model that is not all fp32 in memory has no parameters");
    }
    Map<String, NDArray> all = new LinkedHashMap<>();
    all.put("model.embed_tokens.weight", embedding);
    for (int layer = 0; layer < attention.length; layer++) {
      String prefix = TensorLayout.prefix(layer);
      attention[layer].arrays().forEach((name, array) -> all.put(prefix + name, array));
      ffn[layer].arrays().forEach((name, array) -> all.put(prefix + name, array));
    }
    all.put("model.norm.weight", finalNorm);
    if (!config.tiedEmbeddings()) {
      all.put("lm_head.weight", head);
    }
    return all;
  }

  /** How many forward passes ran since loading: tells if something is run twice. */
  public long passes(Subblock subblock) {
    return subblock == Subblock.ATTENTION ? attentionPasses : ffnPasses;
  }

  /** E[ids], rows of the embedding: [batch, tokens] int64 to [batch, tokens, hidden]. */
  public NDArray embed(NDArray ids) {
    return embedding != null ? Kernels.call("embed", ids, embedding) : rows(ids);
  }

  /** The rows of the embedding that are asked for. */
  private NDArray rows(NDArray ids) {
    int hidden = config.hiddenSize();
    long[] wanted = ids.toLongArray();
    float[] states = new float[Math.multiplyExact(wanted.length, hidden)];
    for (int i = 0; i < wanted.length; i++) {
      FloatBuffer row = FloatBuffer.wrap(states, i * hidden, hidden);
      source.read(TensorLayout.EMBEDDING, wanted[i] * hidden, row);
    }
    NDArray x =
        Tensors.fp32(
            ids.getManager(), states, ids.getShape().get(0), ids.getShape().get(1), hidden);
    return held == Precision.BF16 ? Kernels.call("rounded", x) : x;
  }

  /** y + FFN(RMSNorm(y)), y = x + Attention(RMSNorm(x)), with the weights in place. */
  public NDArray layer(int layer, NDArray x) {
    if (layer + 1 < config.layers()) {
      ahead(layer + 1);
    }
    return ffn(weights(layer, Subblock.FFN), attention(weights(layer, Subblock.ATTENTION), x));
  }

  /**
   * x + Attention(RMSNorm(x)), causal, with any variant's weights: softmax(q k^T / sqrt(D)) v W_o,
   * or a linear map W, or nothing.
   */
  public NDArray attention(SubblockWeights w, NDArray x) {
    attentionPasses++;
    return whole(w, x);
  }

  /**
   * x + FFN(RMSNorm(x)) with any variant's weights: (silu(n W_gate) * n W_up) W_down, or a linear
   * map W, or nothing.
   */
  public NDArray ffn(SubblockWeights w, NDArray x) {
    ffnPasses++;
    return whole(w, x);
  }

  private NDArray whole(SubblockWeights w, NDArray x) {
    return w.call()
        .map(call -> Kernels.call(precision, call.function(), arguments(call, w, x)))
        .orElse(x);
  }

  /** RMSNorm(x) W_head: [batch, tokens, vocabulary]. */
  public NDArray logits(NDArray x) {
    return Kernels.call(precision, "logits", x, finalNorm, head(), eps);
  }

  /** RMSNorm(x) with another weight in the place of the final norm's. */
  public NDArray normed(NDArray x, NDArray norm) {
    return Kernels.call("rms", x, norm, eps);
  }

  private NDArray head() {
    return resident() ? head : turns.take(config.layers(), List.of()).head();
  }

  /** Sum over tokens of |X_i|, X = silu(n W_gate) * n W_up of the FFN (appendix A): [width]. */
  public NDArray channelActivity(int layer, NDArray afterAttention) {
    SubblockWeights w = weights(layer, Subblock.FFN);
    return Kernels.call(
        precision,
        "channels",
        afterAttention,
        w.get("post_attention_layernorm.weight"),
        w.get("mlp.gate_proj.weight"),
        w.get("mlp.up_proj.weight"),
        eps);
  }

  /** Sum over tokens of |Y_i|, Y = softmax(q k^T / sqrt(D)) v before W_o: [heads x head size]. */
  public NDArray headActivity(int layer, NDArray x) {
    SubblockWeights w = weights(layer, Subblock.ATTENTION);
    return Kernels.call(precision, "attention_channels", arguments(w.call().orElseThrow(), w, x));
  }

  /** Attention of a prompt that starts at position 0; keys and values go to the cache. */
  public NDArray prefill(SubblockWeights w, NDArray x, KvCache cache) {
    KernelCall call = w.call().filter(KernelCall::cached).orElse(null);
    return call == null
        ? attention(w, x)
        : Kernels.call(
            precision, call.prefill(), arguments(call, w, x, cache.keys(), cache.values()));
  }

  /**
   * Attention of one new token per sequence.
   *
   * @param x [batch, 1, hidden]
   * @param position of the new token, a 0-dimensional int64
   */
  public NDArray decode(SubblockWeights w, NDArray x, KvCache cache, NDArray position) {
    KernelCall call = w.call().filter(KernelCall::cached).orElse(null);
    return call == null
        ? attention(w, x)
        : Kernels.call(
            precision,
            call.decode(),
            arguments(call, w, x, cache.keys(), cache.values(), position));
  }

  /** Room for the keys and values of one attention variant, [batch, KV heads, tokens, head]. */
  public KvCache cache(Variant variant, NDManager owner, int batch, int tokens) {
    long kvHeads = config.kvElementsPerToken(variant) / (2 * config.headSize());
    if (kvHeads == 0) {
      return new KvCache(none, none);
    }
    long[] shape = {batch, kvHeads, tokens, config.headSize()};
    return new KvCache(
        WeightLoader.zeros(owner, precision, shape), WeightLoader.zeros(owner, precision, shape));
  }

  /** Keys and values of one layer. */
  public record KvCache(NDArray keys, NDArray values) {}

  @Override
  public void close() {
    if (!resident()) {
      turns.close();
    }
    manager.close();
  }

  /** The hidden states, what the call names, and what it takes besides. */
  private NDArray[] arguments(KernelCall call, SubblockWeights w, NDArray x, NDArray... more) {
    NDArray[] all = new NDArray[1 + call.arguments().size() + more.length];
    int next = 0;
    all[next++] = x;
    for (String name : call.arguments()) {
      all[next++] =
          switch (name) {
            case KernelCall.COS -> cos;
            case KernelCall.SIN -> sin;
            case KernelCall.EPS -> eps;
            default -> w.optional(name, none);
          };
    }
    System.arraycopy(more, 0, all, next, more.length);
    return all;
  }

  private NDArray constant(float[] values, long... shape) {
    return Tensors.detached(manager, () -> Tensors.fp32(manager, values, shape));
  }
}
