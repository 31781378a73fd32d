package puzzle.engine.surgery;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.LinearSubblock;
import puzzle.engine.decoder.LowRankFfn;
import puzzle.engine.nn.SubblockWeights;
import puzzle.engine.nn.Tensors;
import puzzle.engine.nn.TruncatedSvd;
import puzzle.model.Subblock;
import puzzle.model.Variant;
import puzzle.model.Variant.Kind;
import puzzle.model.Variant.Size;

/**
 * Makes a variant's first weights from the parent's subblock without training (appendix A):
 *
 * <ul>
 *   <li>narrower FFN: the channels that contribute most are kept, rows of gate and up and columns
 *       of down together;
 *   <li>low-rank FFN: each matrix is its nearest product of that rank, see {@link TruncatedSvd};
 *   <li>linear FFN: W = W_down W_up, the gate is ignored;
 *   <li>fewer KV heads, pooled: the projections of each merged group of heads are averaged;
 *   <li>fewer KV heads, kept: those that contribute most stay as they are with their queries; the
 *       other queries are dealt out to them, and their columns of W_o are zero;
 *   <li>linear attention: W = W_o W_v, W_v repeated for the query heads of its group, as if each
 *       token attended to itself alone.
 * </ul>
 *
 * The norm is the parent's.
 */
public final class Initialisation {

  /** Which way fewer KV heads are made. */
  public enum Heads {
    POOLED("pooled heads"),
    KEPT("kept heads");

    private final String label;

    Heads(String label) {
      this.label = label;
    }

    @Override
    public String toString() {
      return label;
    }
  }

  private final DecoderConfig config;
  private final SubblockWeights parent;
  private final float[] contribution;

  /**
   * @param parent weights of the layer's own subblock
   * @param contribution of each FFN channel, [intermediate size], or of each KV head, [KV heads];
   *     null if that of the heads is not known
   */
  public Initialisation(DecoderConfig config, SubblockWeights parent, float[] contribution) {
    this.config = config;
    this.parent = parent;
    this.contribution = contribution;
  }

  /**
   * The ways there are to make a variant, none if there is but one. Heads can be pooled where all
   * groups are of one size, and kept where it is known what they contribute.
   */
  public List<Heads> choices(Variant variant) {
    List<Heads> choices = new ArrayList<>();
    if (variant.kind() == Kind.GROUPED_ATTENTION) {
      int heads = variant.size(Size.KV_HEADS);
      if (parentHeads() % heads == 0) {
        choices.add(Heads.POOLED);
      }
      if (contribution != null && heads < parentHeads()) {
        choices.add(Heads.KEPT);
      }
    }
    return choices;
  }

  /** The variant's weights, made the first way there is, owned by {@code manager}. */
  public SubblockWeights create(NDManager manager, Variant variant) {
    List<Heads> choices = choices(variant);
    return create(manager, variant, choices.isEmpty() ? Heads.POOLED : choices.get(0));
  }

  /**
   * The variant's weights, owned by {@code manager}.
   *
   * @param heads one of {@link #choices}; of no account where there are none
   */
  public SubblockWeights create(NDManager manager, Variant variant, Heads heads) {
    return Tensors.inference(
        () -> SubblockWeights.create(manager, config, variant, values(manager, variant, heads)));
  }

  /** What each of the variant's tensors begins with, by name. */
  private Function<String, FloatBuffer> values(NDManager manager, Variant variant, Heads heads) {
    return switch (variant.kind()) {
      case GROUPED_ATTENTION -> {
        int kvHeads = variant.size(Size.KV_HEADS);
        yield heads == Heads.KEPT
            ? new KeptHeads(config, parent, contribution, kvHeads)::initial
            : name -> pooledHeads(name, kvHeads);
      }
      case GATED_FFN -> {
        int width = variant.size(Size.WIDTH);
        yield name -> narrowed(name, width);
      }
      case LOW_RANK_FFN -> {
        Map<String, FloatBuffer> factors = factors(manager, variant.size(Size.RANK));
        yield name -> factors.containsKey(name) ? factors.get(name) : values(name);
      }
      case LINEAR ->
          name ->
              name.equals(LinearSubblock.matrix(variant.subblock()))
                  ? product(manager, variant.subblock())
                  : values(name);
      case NO_OP -> this::values;
    };
  }

  private FloatBuffer narrowed(String name, int width) {
    return switch (name) {
      case "mlp.gate_proj.weight", "mlp.up_proj.weight" -> keptRows(name, width);
      case "mlp.down_proj.weight" -> keptColumns(name, width);
      default -> values(name);
    };
  }

  private Map<String, FloatBuffer> factors(NDManager manager, int rank) {
    Map<String, FloatBuffer> factors = new HashMap<>();
    for (String projection : LowRankFfn.projections()) {
      TruncatedSvd svd = TruncatedSvd.of(single(manager, projection + ".weight"), rank);
      factors.put(LowRankFfn.left(projection), svd.left());
      factors.put(LowRankFfn.right(projection), svd.right());
    }
    return factors;
  }

  private FloatBuffer product(NDManager manager, Subblock subblock) {
    return switch (subblock) {
      case ATTENTION -> attentionToSelf(manager);
      case FFN ->
          Tensors.read(
              single(manager, "mlp.down_proj.weight")
                  .matMul(single(manager, "mlp.up_proj.weight")));
    };
  }

  /**
   * Channel contribution C_i = mean over tokens of |X_i| times the norm of column i of W_down.
   *
   * @param activity sum over tokens of |X_i|
   * @param squares sum of squares of column i of W_down
   */
  public static float[] contribution(double[] activity, double[] squares, long tokens) {
    float[] contribution = new float[activity.length];
    for (int i = 0; i < contribution.length; i++) {
      contribution[i] = (float) ((float) activity[i] / tokens * Math.sqrt(squares[i]));
    }
    return contribution;
  }

  /**
   * The same for KV heads: the contributions of the channels their queries give to W_o, added up.
   *
   * @param activity sum over tokens of |Y_i|, Y what the heads give to W_o
   * @param squares sum of squares of column i of W_o
   */
  public static float[] headContribution(
      double[] activity, double[] squares, long tokens, int kvHeads) {
    float[] channels = contribution(activity, squares, tokens);
    int perHead = channels.length / kvHeads;
    float[] heads = new float[kvHeads];
    for (int head = 0; head < kvHeads; head++) {
      double sum = 0;
      for (int i = head * perHead; i < (head + 1) * perHead; i++) {
        sum += channels[i];
      }
      heads[head] = (float) sum;
    }
    return heads;
  }

  private int[] kept(int width) {
    return kept(contribution, width);
  }

  /** Those that contribute most, ascending; of equal ones the first. */
  static int[] kept(float[] contribution, int width) {
    return IntStream.range(0, contribution.length)
        .boxed()
        .sorted(Comparator.comparingDouble(i -> -contribution[i]))
        .limit(width)
        .mapToInt(Integer::intValue)
        .sorted()
        .toArray();
  }

  private FloatBuffer keptRows(String name, int width) {
    FloatBuffer from = values(name);
    int columns = config.hiddenSize();
    FloatBuffer to = FloatBuffer.allocate(width * columns);
    for (int row : kept(width)) {
      to.put(from.slice(row * columns, columns));
    }
    return to.flip();
  }

  private FloatBuffer keptColumns(String name, int width) {
    FloatBuffer from = values(name);
    int columns = contribution.length;
    int[] kept = kept(width);
    FloatBuffer to = FloatBuffer.allocate(config.hiddenSize() * width);
    for (int row = 0; row < config.hiddenSize(); row++) {
      for (int column : kept) {
        to.put(from.get(row * columns + column));
      }
    }
    return to.flip();
  }

  /** Mean over each group of KV heads, a head being head-size consecutive rows. */
  private FloatBuffer pooledHeads(String name, int heads) {
    FloatBuffer from = values(name);
    boolean perKvHead =
        switch (name) {
          case "self_attn.k_proj.weight",
              "self_attn.v_proj.weight",
              "self_attn.k_proj.bias",
              "self_attn.v_proj.bias" ->
              true;
          default -> false;
        };
    if (!perKvHead) {
      return from;
    }
    int group = parentHeads() / heads;
    int headElements = from.remaining() / parentHeads();
    float[] to = new float[heads * headElements];
    for (int head = 0; head < heads; head++) {
      for (int i = 0; i < headElements; i++) {
        double sum = 0;
        for (int member = head * group; member < (head + 1) * group; member++) {
          sum += from.get(member * headElements + i);
        }
        to[head * headElements + i] = (float) (sum / group);
      }
    }
    return FloatBuffer.wrap(to);
  }

  private FloatBuffer attentionToSelf(NDManager manager) {
    int group = config.heads() / parentHeads();
    int headElements = config.headSize() * config.hiddenSize();
    FloatBuffer v = values("self_attn.v_proj.weight");
    FloatBuffer expanded = FloatBuffer.allocate(config.heads() * headElements);
    for (int head = 0; head < config.heads(); head++) {
      expanded.put(v.slice(head / group * headElements, headElements));
    }
    NDArray perQueryHead =
        Tensors.fp32(
            manager,
            expanded.flip(),
            (long) config.heads() * config.headSize(),
            config.hiddenSize());
    return Tensors.read(single(manager, "self_attn.o_proj.weight").matMul(perQueryHead));
  }

  private int parentHeads() {
    return parent.variant().size(Size.KV_HEADS);
  }

  private NDArray array(String name) {
    return parent.arrays().get(name);
  }

  private NDArray single(NDManager manager, String name) {
    return Tensors.fp32(manager, array(name));
  }

  private FloatBuffer values(String name) {
    return Tensors.read(array(name));
  }
}
