package puzzle.engine.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import puzzle.engine.checkpoint.WeightSource;
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

  private final DecoderConfig config;
  private final NDManager manager;
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

  private Decoder(DecoderConfig config, WeightSource source, int positions) {
    this.config = config;
    this.manager = Tensors.root().newSubManager();
    this.embedding = fixed(source, "model.embed_tokens.weight");
    this.finalNorm = fixed(source, "model.norm.weight");
    this.head = config.tiedEmbeddings() ? embedding : fixed(source, "lm_head.weight");
    this.attention = new SubblockWeights[config.layers()];
    this.ffn = new SubblockWeights[config.layers()];
    for (int layer = 0; layer < config.layers(); layer++) {
      String prefix = SubblockWeights.prefix(layer);
      Block block = config.architecture().block(layer);
      attention[layer] =
          SubblockWeights.create(
              manager, config, block.attention(), name -> source.fp32(prefix + name));
      ffn[layer] =
          SubblockWeights.create(manager, config, block.ffn(), name -> source.fp32(prefix + name));
    }
    int d = config.headSize();
    this.cos = constant(Rope.table(config, positions, false), positions, d);
    this.sin = constant(Rope.table(config, positions, true), positions, d);
    this.eps = Tensors.detached(manager, () -> Tensors.scalar(manager, config.rmsNormEps()));
    this.none = Tensors.detached(manager, () -> Tensors.zeros(manager, 0));
  }

  /** Loads all weights into memory of its own; {@code positions} is the longest sequence. */
  public static Decoder load(DecoderConfig config, WeightSource source, int positions) {
    return new Decoder(config, source, positions);
  }

  public DecoderConfig config() {
    return config;
  }

  /** Owner of the weights; closed with the decoder. */
  public NDManager manager() {
    return manager;
  }

  /** Weights of a layer's subblock as loaded. */
  public SubblockWeights weights(int layer, Subblock subblock) {
    return subblock == Subblock.ATTENTION ? attention[layer] : ffn[layer];
  }

  /**
   * Puts another variant's weights in a subblock's place; the caller keeps ownership of both.
   *
   * @return the weights that were there
   */
  public SubblockWeights replace(int layer, SubblockWeights weights) {
    SubblockWeights[] place = weights.variant().subblock() == Subblock.ATTENTION ? attention : ffn;
    SubblockWeights before = place[layer];
    place[layer] = weights;
    return before;
  }

  /** Every trainable array under its name in a checkpoint, in a checkpoint's order. */
  public Map<String, NDArray> parameters() {
    Map<String, NDArray> all = new LinkedHashMap<>();
    all.put("model.embed_tokens.weight", embedding);
    for (int layer = 0; layer < attention.length; layer++) {
      String prefix = SubblockWeights.prefix(layer);
      attention[layer].arrays().forEach((name, array) -> all.put(prefix + name, array));
      ffn[layer].arrays().forEach((name, array) -> all.put(prefix + name, array));
    }
    all.put("model.norm.weight", finalNorm);
    if (!config.tiedEmbeddings()) {
      all.put("lm_head.weight", head);
    }
    return all;
  }

  /** Forward passes of so many subblocks since loading: tells whether something is run twice. */
  public long passes(Subblock subblock) {
    return subblock == Subblock.ATTENTION ? attentionPasses : ffnPasses;
  }

  /** [batch, tokens] int64 to [batch, tokens, hidden]. */
  public NDArray embed(NDArray ids) {
    return Kernels.call("embed", ids, embedding);
  }

  /** The whole layer with the weights in place. */
  public NDArray layer(int layer, NDArray x) {
    return ffn(ffn[layer], attention(attention[layer], x));
  }

  /** x + Attention(RMSNorm(x)), causal, with any variant's weights. */
  public NDArray attention(SubblockWeights w, NDArray x) {
    attentionPasses++;
    return switch (w.variant().form()) {
      case NO_OP -> x;
      case LINEAR ->
          Kernels.call(
              "linear",
              x,
              w.get("input_layernorm.weight"),
              w.get("self_attn.linear_attn.weight"),
              eps);
      case SIZED -> Kernels.call("attention", attentionArguments(w, x));
    };
  }

  /** x + FFN(RMSNorm(x)) with any variant's weights. */
  public NDArray ffn(SubblockWeights w, NDArray x) {
    ffnPasses++;
    return switch (w.variant().form()) {
      case NO_OP -> x;
      case LINEAR ->
          Kernels.call(
              "linear",
              x,
              w.get("post_attention_layernorm.weight"),
              w.get("mlp.linear_mlp.weight"),
              eps);
      case SIZED ->
          Kernels.call(
              "ffn",
              x,
              w.get("post_attention_layernorm.weight"),
              w.get("mlp.gate_proj.weight"),
              w.get("mlp.up_proj.weight"),
              w.get("mlp.down_proj.weight"),
              eps);
    };
  }

  /** Final norm and head: [batch, tokens, vocabulary]. */
  public NDArray logits(NDArray x) {
    return Kernels.call("logits", x, finalNorm, head, eps);
  }

  /** Sum over tokens of |X_i|, X the FFN's intermediate activation (appendix A): [width]. */
  public NDArray channelActivity(int layer, NDArray afterAttention) {
    SubblockWeights w = ffn[layer];
    return Kernels.call(
        "channels",
        afterAttention,
        w.get("post_attention_layernorm.weight"),
        w.get("mlp.gate_proj.weight"),
        w.get("mlp.up_proj.weight"),
        eps);
  }

  /** Sum over tokens of |Y_i|, Y what the heads give to W_o: [heads x head size]. */
  public NDArray headActivity(int layer, NDArray x) {
    return Kernels.call("attention_channels", attentionArguments(attention[layer], x));
  }

  /** Attention of a prompt that starts at position 0; keys and values go to the cache. */
  public NDArray prefill(SubblockWeights w, NDArray x, KvCache cache) {
    if (w.variant().form() != Variant.Form.SIZED) {
      return attention(w, x);
    }
    return Kernels.call("prefill", append(attentionArguments(w, x), cache.keys(), cache.values()));
  }

  /**
   * Attention of one new token per sequence.
   *
   * @param x [batch, 1, hidden]
   * @param position of the new token, a 0-dimensional int64
   */
  public NDArray decode(SubblockWeights w, NDArray x, KvCache cache, NDArray position) {
    if (w.variant().form() != Variant.Form.SIZED) {
      return attention(w, x);
    }
    return Kernels.call(
        "decode", append(attentionArguments(w, x), cache.keys(), cache.values(), position));
  }

  /** Room for the keys and values of one attention variant, [batch, KV heads, tokens, head]. */
  public KvCache cache(Variant variant, NDManager owner, int batch, int tokens) {
    if (variant.form() != Variant.Form.SIZED) {
      return new KvCache(none, none);
    }
    long[] shape = {batch, variant.size(), tokens, config.headSize()};
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

  private NDArray[] attentionArguments(SubblockWeights w, NDArray x) {
    return new NDArray[] {
      x,
      w.get("input_layernorm.weight"),
      w.get("self_attn.q_proj.weight"),
      w.get("self_attn.k_proj.weight"),
      w.get("self_attn.v_proj.weight"),
      w.get("self_attn.o_proj.weight"),
      w.optional("self_attn.q_proj.bias", none),
      w.optional("self_attn.k_proj.bias", none),
      w.optional("self_attn.v_proj.bias", none),
      w.optional("self_attn.q_norm.weight", none),
      w.optional("self_attn.k_norm.weight", none),
      cos,
      sin,
      eps
    };
  }

  private static NDArray[] append(NDArray[] first, NDArray... more) {
    NDArray[] all = Arrays.copyOf(first, first.length + more.length);
    System.arraycopy(more, 0, all, first.length, more.length);
    return all;
  }

  private NDArray fixed(WeightSource source, String name) {
    return Tensors.detached(
        manager, () -> Tensors.fp32(manager, source.fp32(name), source.shape(name)));
  }

  private NDArray constant(float[] values, long... shape) {
    return Tensors.detached(manager, () -> Tensors.fp32(manager, values, shape));
  }
}
