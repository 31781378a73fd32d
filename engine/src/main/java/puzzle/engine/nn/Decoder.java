package puzzle.engine.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.KernelCall;
import puzzle.engine.decoder.TensorLayout;
import puzzle.engine.decoder.WeightSource;
import puzzle.model.Block;
import puzzle.model.Subblock;
import puzzle.model.Variant;

/**
 * A decoder-only transformer whose layers may differ: pre-norm attention and gated FFN, each with
 * its residual, as functions over named weights.
 *
 * <p>Shapes: hidden states are [batch, tokens, hidden] in fp32. All functions are pure but for
 * {@link #prefill} and {@link #decode}, which write the KV cache. Results belong to the manager of
 * their first argument and to the caller's scope. One thread at a time.
 */
public final class Decoder implements AutoCloseable {

  private static final int NOTHING = -1;

  private final DecoderConfig config;
  private final NDManager manager;

  /** Where weights are read from when their turn comes; null if all are in memory. */
  private final WeightSource source;

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

  /** Layer by layer: whose weights are in memory. */
  private int held = NOTHING;

  private SubblockWeights heldAttention;
  private SubblockWeights heldFfn;
  private NDArray heldHead;

  private Decoder(DecoderConfig config, WeightSource source, int positions, boolean resident) {
    this.config = config;
    this.manager = Tensors.root().newSubManager();
    this.source = resident ? null : source;
    this.embedding = resident ? Tensors.load(manager, source, TensorLayout.EMBEDDING) : null;
    this.finalNorm = Tensors.load(manager, source, TensorLayout.NORM);
    this.head =
        !resident || config.tiedEmbeddings()
            ? embedding
            : Tensors.load(manager, source, TensorLayout.HEAD);
    this.attention = new SubblockWeights[config.layers()];
    this.ffn = new SubblockWeights[config.layers()];
    for (int layer = 0; layer < config.layers(); layer++) {
      Block block = config.architecture().block(layer);
      attention[layer] = weights(layer, block.attention(), source);
      ffn[layer] = weights(layer, block.ffn(), source);
    }
    int d = config.headSize();
    this.cos = constant(Rope.table(config, positions, false), positions, d);
    this.sin = constant(Rope.table(config, positions, true), positions, d);
    this.eps = Tensors.detached(manager, () -> Tensors.scalar(manager, config.rmsNormEps()));
    this.none = Tensors.detached(manager, () -> Tensors.zeros(manager, 0));
  }

  private SubblockWeights weights(int layer, Variant variant, WeightSource from) {
    return resident()
        ? SubblockWeights.load(manager, config, layer, variant, from)
        : SubblockWeights.unread(variant);
  }

  /** Loads all weights into memory of its own; {@code positions} is the longest sequence. */
  public static Decoder load(DecoderConfig config, WeightSource source, int positions) {
    return new Decoder(config, source, positions, true);
  }

  /**
   * A model larger than memory: the weights of one layer at a time are in memory, read from the
   * source when the layer's turn comes and freed when the next one's does; so are those of the
   * head, and of the embedding only the rows asked for. The arithmetic is the same to the bit. Made
   * for going through many sequences layer by layer, as {@link Passes} does.
   */
  public static Decoder layerByLayer(DecoderConfig config, WeightSource source, int positions) {
    return new Decoder(config, source, positions, false);
  }

  /** True if all weights are in memory. */
  public boolean resident() {
    return source == null;
  }

  public DecoderConfig config() {
    return config;
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
    if (held != layer) {
      release();
      held = layer;
      heldAttention = held(layer, attention[layer]);
      heldFfn = held(layer, ffn[layer]);
    }
    return first ? heldAttention : heldFfn;
  }

  private SubblockWeights held(int layer, SubblockWeights weights) {
    return weights.unread()
        ? SubblockWeights.load(manager, config, layer, weights.variant(), source)
        : weights;
  }

  /** Frees what was read for the last turn; weights that were put in place are their owner's. */
  private void release() {
    if (held >= 0 && attention[held].unread()) {
      heldAttention.close();
    }
    if (held >= 0 && ffn[held].unread()) {
      heldFfn.close();
    }
    if (heldHead != null) {
      heldHead.close();
    }
    held = NOTHING;
    heldAttention = null;
    heldFfn = null;
    heldHead = null;
  }

  /**
   * Puts another variant's weights in a subblock's place; the caller keeps ownership of both.
   *
   * @return what was there, to be put back
   */
  public SubblockWeights replace(int layer, SubblockWeights weights) {
    if (held == layer) {
      release();
    }
    SubblockWeights[] place = weights.variant().subblock() == Subblock.ATTENTION ? attention : ffn;
    SubblockWeights before = place[layer];
    place[layer] = weights;
    return before;
  }

  /**
   * Every trainable array under its name in a checkpoint, in a checkpoint's order.
   *
   * @throws IllegalStateException if the weights are not all in memory
   */
  public Map<String, NDArray> parameters() {
    if (!resident()) {
      throw new IllegalStateException("layer by layer, a model has no parameters at once");
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
    return resident() ? Kernels.call("embed", ids, embedding) : rows(ids);
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
    return Tensors.fp32(
        ids.getManager(), states, ids.getShape().get(0), ids.getShape().get(1), hidden);
  }

  /** y + FFN(RMSNorm(y)), y = x + Attention(RMSNorm(x)), with the weights in place. */
  public NDArray layer(int layer, NDArray x) {
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
    return w.call().map(call -> Kernels.call(call.function(), arguments(call, w, x))).orElse(x);
  }

  /** RMSNorm(x) W_head: [batch, tokens, vocabulary]. */
  public NDArray logits(NDArray x) {
    return Kernels.call("logits", x, finalNorm, head(), eps);
  }

  /** RMSNorm(x) with another weight in the place of the final norm's. */
  public NDArray normed(NDArray x, NDArray norm) {
    return Kernels.call("rms", x, norm, eps);
  }

  private NDArray head() {
    if (resident()) {
      return head;
    }
    if (heldHead == null) {
      release();
      heldHead =
          Tensors.load(
              manager,
              source,
              config.tiedEmbeddings() ? TensorLayout.EMBEDDING : TensorLayout.HEAD);
    }
    return heldHead;
  }

  /** Sum over tokens of |X_i|, X = silu(n W_gate) * n W_up of the FFN (appendix A): [width]. */
  public NDArray channelActivity(int layer, NDArray afterAttention) {
    SubblockWeights w = weights(layer, Subblock.FFN);
    return Kernels.call(
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
    return Kernels.call("attention_channels", arguments(w.call().orElseThrow(), w, x));
  }

  /** Attention of a prompt that starts at position 0; keys and values go to the cache. */
  public NDArray prefill(SubblockWeights w, NDArray x, KvCache cache) {
    KernelCall call = w.call().filter(KernelCall::cached).orElse(null);
    return call == null
        ? attention(w, x)
        : Kernels.call(call.prefill(), arguments(call, w, x, cache.keys(), cache.values()));
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
            call.decode(), arguments(call, w, x, cache.keys(), cache.values(), position));
  }

  /** Room for the keys and values of one attention variant, [batch, KV heads, tokens, head]. */
  public KvCache cache(Variant variant, NDManager owner, int batch, int tokens) {
    long kvHeads = config.kvElementsPerToken(variant) / (2 * config.headSize());
    if (kvHeads == 0) {
      return new KvCache(none, none);
    }
    long[] shape = {batch, kvHeads, tokens, config.headSize()};
    return new KvCache(
        Tensors.detached(owner, () -> Tensors.zeros(owner, shape)),
        Tensors.detached(owner, () -> Tensors.zeros(owner, shape)));
  }

  /** Keys and values of one layer. */
  public record KvCache(NDArray keys, NDArray values) {}

  @Override
  public void close() {
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
