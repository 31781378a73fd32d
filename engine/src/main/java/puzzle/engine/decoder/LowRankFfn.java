package puzzle.engine.decoder;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import puzzle.engine.json.JsonValue;
import puzzle.model.Block;
import puzzle.model.Subblock;
import puzzle.model.Variant;
import puzzle.model.Variant.Kind;
import puzzle.model.Variant.Size;

/**
 * A gated FFN as wide as the one it replaces, whose matrices are products of two, W = A B with A
 * [out, rank] and B [rank, in]: 3 rank (hidden + width) weights instead of 3 hidden width.
 */
public final class LowRankFfn implements SubblockKind {

  static final SubblockKind KIND = new LowRankFfn();

  private static final String RANK = "low_rank";
  private static final String WIDTH = "low_rank_width";
  private static final List<String> PROJECTIONS =
      List.of("mlp.gate_proj", "mlp.up_proj", "mlp.down_proj");

  private static final Optional<KernelCall> CALL =
      Optional.of(
          KernelCall.of(
              "ffn_low_rank",
              TensorLayout.norm(Subblock.FFN),
              left("mlp.gate_proj"),
              right("mlp.gate_proj"),
              left("mlp.up_proj"),
              right("mlp.up_proj"),
              left("mlp.down_proj"),
              right("mlp.down_proj"),
              KernelCall.EPS));

  private LowRankFfn() {}

  /** The parent's projections, each of which is a product here. */
  public static List<String> projections() {
    return PROJECTIONS;
  }

  /** Name of A of a projection. */
  public static String left(String projection) {
    return projection + ".a.weight";
  }

  /** Name of B of a projection. */
  public static String right(String projection) {
    return projection + ".b.weight";
  }

  @Override
  public Map<String, TensorSpec> tensors(DecoderConfig config, Variant variant) {
    long hidden = config.hiddenSize();
    long width = variant.size(Size.WIDTH);
    long rank = variant.size(Size.RANK);
    Map<String, TensorSpec> tensors = new LinkedHashMap<>();
    tensors.put(TensorLayout.norm(Subblock.FFN), TensorSpec.norm(hidden));
    for (String projection : PROJECTIONS) {
      boolean down = projection.equals("mlp.down_proj");
      tensors.put(
          left(projection),
          down ? TensorSpec.output(hidden, rank) : TensorSpec.matrix(width, rank));
      tensors.put(right(projection), TensorSpec.matrix(rank, down ? width : hidden));
    }
    return tensors;
  }

  @Override
  public long kvElementsPerToken(DecoderConfig config, Variant variant, int devices) {
    return 0;
  }

  /** The width is split; every device keeps the factors between hidden state and rank. */
  @Override
  public long copiedElements(DecoderConfig config, Variant variant, int devices) {
    return (devices - 1L) * PROJECTIONS.size() * variant.size(Size.RANK) * config.hiddenSize();
  }

  @Override
  public void launch(DecoderConfig config, Variant variant, int devices, Launches device) {
    long rank = variant.size(Size.RANK);
    long own = (variant.size(Size.WIDTH) + devices - 1L) / devices;
    device.norm();
    for (int gateAndUp = 0; gateAndUp < 2; gateAndUp++) {
      device.gemm(rank, config.hiddenSize());
      device.gemm(own, rank);
    }
    device.activation(own);
    device.gemm(rank, own);
    device.gemm(config.hiddenSize(), rank);
    device.allReduce();
  }

  @Override
  public Optional<KernelCall> call(Variant variant) {
    return CALL;
  }

  @Override
  public void requireFit(Variant variant, Block parent, int heads, int hiddenSize) {
    int width = variant.size(Size.WIDTH);
    if (!parent.ffn().equals(Variant.ffn(width))) {
      throw new IllegalArgumentException(
          "%s is not as wide as the parent's %s.%nMaybe write its width: ffn-N-rank-%d."
              .formatted(variant, parent.ffn(), variant.size(Size.RANK)));
    }
    int most = Math.min(hiddenSize, width);
    if (variant.size(Size.RANK) > most) {
      throw new IllegalArgumentException(
          ("%s: the parent's matrices have no rank above %d.%n"
                  + "Maybe write less than %d: from there on the factors are the larger ones.")
              .formatted(variant, most, (long) hiddenSize * width / (hiddenSize + width)));
    }
  }

  @Override
  public String refusal(Servable server, Variant variant) {
    return "is not known";
  }

  @Override
  public List<String> fields() {
    return List.of(RANK, WIDTH);
  }

  @Override
  public Variant read(JsonValue entry, Subblock subblock, Parent parent) {
    return entry.has(RANK) || entry.has(WIDTH)
        ? new Variant(
            Subblock.FFN,
            Kind.LOW_RANK_FFN,
            Map.of(
                Size.RANK, entry.integer(RANK, 1, GatedFfn.MAX_WIDTH),
                Size.WIDTH, entry.integer(WIDTH, 1, GatedFfn.MAX_WIDTH)))
        : null;
  }

  @Override
  public void write(DecoderConfig config, Variant variant, boolean multipliers, ObjectNode entry) {
    writeSparse(variant, entry);
  }

  @Override
  public void writeSparse(Variant variant, ObjectNode layer) {
    layer.put(RANK, variant.size(Size.RANK)).put(WIDTH, variant.size(Size.WIDTH));
  }
}
