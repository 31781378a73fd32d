package puzzle.engine.surgery;

import java.nio.FloatBuffer;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.nn.SubblockWeights;
import puzzle.engine.nn.Tensors;
import puzzle.model.Variant.Size;

/**
 * An attention with fewer KV heads, made of the parent's that contribute most.
 *
 * <p>A KV head of the child serves equal many queries, more than in the parent. The first of them
 * are the queries its head had there, so what they give is the parent's; the rest are queries that
 * lost theirs, in their order, and give nothing until training moves their columns of W_o from
 * zero. Queries change places for that, which no other weight notices.
 */
final class KeptHeads {

  private static final int LOST = -1;

  private final DecoderConfig config;
  private final SubblockWeights parent;
  private final int[] kvHeads;

  /** The parent's query that each of the child's is. */
  private final int[] queries;

  /** The same, or {@link #LOST}. */
  private final int[] outputs;

  KeptHeads(DecoderConfig config, SubblockWeights parent, float[] contribution, int kvHeads) {
    this.config = config;
    this.parent = parent;
    this.kvHeads = Initialisation.kept(contribution, kvHeads);
    int inParent = config.heads() / parent.variant().size(Size.KV_HEADS);
    int inChild = config.heads() / kvHeads;
    boolean[] placed = new boolean[config.heads()];
    this.queries = new int[config.heads()];
    this.outputs = new int[config.heads()];
    for (int head = 0; head < kvHeads; head++) {
      for (int i = 0; i < inParent; i++) {
        int query = this.kvHeads[head] * inParent + i;
        queries[head * inChild + i] = query;
        outputs[head * inChild + i] = query;
        placed[query] = true;
      }
    }
    int lost = 0;
    for (int head = 0; head < kvHeads; head++) {
      for (int i = inParent; i < inChild; i++) {
        while (placed[lost]) {
          lost++;
        }
        queries[head * inChild + i] = lost++;
        outputs[head * inChild + i] = LOST;
      }
    }
  }

  FloatBuffer initial(String name) {
    FloatBuffer from = Tensors.read(parent.arrays().get(name));
    return switch (name) {
      case "self_attn.q_proj.weight", "self_attn.q_proj.bias" ->
          rows(from, queries, config.heads());
      case "self_attn.k_proj.weight",
          "self_attn.v_proj.weight",
          "self_attn.k_proj.bias",
          "self_attn.v_proj.bias" ->
          rows(from, kvHeads, parent.variant().size(Size.KV_HEADS));
      case "self_attn.o_proj.weight" -> columns(from);
      default -> from;
    };
  }

  /** A head is head-size consecutive rows. */
  private static FloatBuffer rows(FloatBuffer from, int[] heads, int before) {
    int elements = from.remaining() / before;
    FloatBuffer to = FloatBuffer.allocate(heads.length * elements);
    for (int head : heads) {
      to.put(from.slice(head * elements, elements));
    }
    return to.flip();
  }

  private FloatBuffer columns(FloatBuffer from) {
    int size = config.headSize();
    int width = config.heads() * size;
    FloatBuffer to = FloatBuffer.allocate(from.remaining());
    for (int row = 0; row < config.hiddenSize(); row++) {
      for (int query = 0; query < outputs.length; query++) {
        if (outputs[query] != LOST) {
          to.put(row * width + query * size, from, row * width + outputs[query] * size, size);
        }
      }
    }
    return to;
  }
}
