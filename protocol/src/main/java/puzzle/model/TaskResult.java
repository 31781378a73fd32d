package puzzle.model;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/** What a {@link Task} gave: plain values and references to files that are complete on disk. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
@JsonSubTypes({
  @JsonSubTypes.Type(value = TaskResult.PartMade.class, name = "part-made"),
  @JsonSubTypes.Type(value = TaskResult.Recorded.class, name = "recorded"),
  @JsonSubTypes.Type(value = TaskResult.Trained.class, name = "trained"),
  @JsonSubTypes.Type(value = TaskResult.Profiled.class, name = "profiled"),
  @JsonSubTypes.Type(value = TaskResult.BlockScored.class, name = "scored"),
  @JsonSubTypes.Type(value = TaskResult.Evaluated.class, name = "evaluated"),
  @JsonSubTypes.Type(value = TaskResult.Measured.class, name = "measured"),
  @JsonSubTypes.Type(value = TaskResult.ShardTrained.class, name = "shard-trained"),
  @JsonSubTypes.Type(value = TaskResult.Healed.class, name = "healed"),
  @JsonSubTypes.Type(value = TaskResult.Exported.class, name = "exported")
})
public sealed interface TaskResult {

  /** Source of costs that were timed by the run itself: the usual case, and the default. */
  String MEASURED = "measured on this machine";

  /** The files this result stands on: a result counts only if all of them are there and whole. */
  default List<CheckpointRef> files() {
    return List.of();
  }

  /**
   * A share of a task is done; another task joins what it made with the others'.
   *
   * @param file what the share is known by; it may name further files
   */
  record PartMade(CheckpointRef file) implements TaskResult {
    @Override
    public List<CheckpointRef> files() {
      return List.of(file);
    }
  }

  /**
   * The parent's activations are on disk.
   *
   * @param recording an index file that names the tapes with their SHA-256
   * @param parentLoss held-out loss of the parent, nats per token
   */
  record Recorded(CheckpointRef recording, double parentLoss, long trainTokens, long heldOutTokens)
      implements TaskResult {
    @Override
    public List<CheckpointRef> files() {
      return List.of(recording);
    }
  }

  /**
   * One variant is trained.
   *
   * @param lossBefore normalised MSE after initialisation alone, held out
   * @param lossAfter the same after training
   * @param steps done, fewer than asked for where the loss fell no further
   * @param rollbacks how often the loss was no number and training went back, at a lower rate
   * @param beginning which of several initialisations was the better, null if there is but one
   */
  record Trained(
      CheckpointRef weights,
      double lossBefore,
      double lossAfter,
      int steps,
      int rollbacks,
      String beginning)
      implements TaskResult {

    /** Trained without accident from the only initialisation there is. */
    public Trained(CheckpointRef weights, double lossBefore, double lossAfter, int steps) {
      this(weights, lossBefore, lossAfter, steps, 0, null);
    }

    @Override
    public List<CheckpointRef> files() {
      return List.of(weights);
    }
  }

  /**
   * Costs of every variant for one workload.
   *
   * @param source where the costs come from, for reports: {@link #MEASURED}, or the model's name
   */
  record Profiled(Workload workload, List<VariantCost> variants, BlockCost fixed, String source)
      implements TaskResult {
    public Profiled {
      variants = List.copyOf(variants);
      source = source == null ? MEASURED : source;
    }

    /** With costs that another system measured in the place of those on record. */
    public Profiled with(List<CostDelivery> delivered) {
      Map<String, CostDelivery> byPart = new HashMap<>();
      for (CostDelivery d : delivered) {
        if (d.workload().equals(workload.name())) {
          byPart.put(d.part(), d);
        }
      }
      if (byPart.isEmpty()) {
        return this;
      }
      List<VariantCost> changed =
          variants.stream()
              .map(
                  v -> {
                    CostDelivery d = byPart.get(v.variant().name());
                    return d == null
                        ? v
                        : new VariantCost(v.variant(), d.over(v.cost()), d.relativeSpread());
                  })
              .toList();
      CostDelivery rest = byPart.get(CostDelivery.FIXED);
      String by =
          byPart.values().stream()
              .map(d -> "external/" + d.source())
              .distinct()
              .sorted()
              .collect(Collectors.joining(", "));
      return new Profiled(
          workload,
          changed,
          rest == null ? fixed : rest.over(fixed),
          "%s; %d of %d parts: %s".formatted(source, byPart.size(), variants.size() + 1, by));
    }

    /** Cost of the architecture: its variants and the fixed parts. */
    public BlockCost cost(Architecture architecture) {
      BlockCost sum = fixed;
      for (Block block : architecture.blocks()) {
        sum = sum.plus(cost(block.attention())).plus(cost(block.ffn()));
      }
      return sum;
    }

    public BlockCost cost(Variant variant) {
      return variants.stream()
          .filter(v -> v.variant().equals(variant))
          .findFirst()
          .orElseThrow(() -> new IllegalArgumentException("no profile of variant " + variant))
          .cost();
    }
  }

  /**
   * Cost of one variant.
   *
   * @param relativeSpread of the timed runs, interquartile range over median; where the cost was
   *     not timed here, the half width of its 90 % interval
   */
  record VariantCost(Variant variant, BlockCost cost, double relativeSpread) {}

  /** One block is scored. */
  record BlockScored(Score score) implements TaskResult {}

  /**
   * The quality of a model.
   *
   * @param lossNatsPerToken on held-out sequences
   * @param klNatsPerToken KL(parent || model) on the same
   * @param measures against the parent, as of a replaced block, with standard errors
   */
  record Evaluated(
      double lossNatsPerToken, double klNatsPerToken, long params, List<Score.Measure> measures)
      implements TaskResult {
    public Evaluated {
      measures = measures == null ? List.of() : List.copyOf(measures);
    }

    public Evaluated(double lossNatsPerToken, double klNatsPerToken, long params) {
      this(lossNatsPerToken, klNatsPerToken, params, List.of());
    }
  }

  /**
   * Speed and memory of whole models, in the order of the task.
   *
   * @param source where the speeds come from, for reports: {@link #MEASURED}, or the model's name
   */
  record Measured(Workload workload, List<BlockCost> models, String source) implements TaskResult {
    public Measured {
      models = List.copyOf(models);
      source = source == null ? MEASURED : source;
    }
  }

  /**
   * One shard has done one round of the global distillation.
   *
   * @param state its parameters and its optimiser's moments
   * @param loss of the last step
   * @param rollbacks how often a loss was no number and the shard began its round again at half the
   *     rate, those of the rounds before included
   * @param heldOut what was measured before the round
   */
  record ShardTrained(CheckpointRef state, double loss, int rollbacks, List<HeldOut> heldOut)
      implements TaskResult {
    public ShardTrained {
      heldOut = heldOut == null ? List.of() : List.copyOf(heldOut);
    }

    /** Without accident. */
    public ShardTrained(CheckpointRef state, double loss, List<HeldOut> heldOut) {
      this(state, loss, 0, heldOut);
    }

    @Override
    public List<CheckpointRef> files() {
      List<CheckpointRef> files = new ArrayList<>(List.of(state));
      heldOut.stream().map(HeldOut::child).filter(Objects::nonNull).forEach(files::add);
      return files;
    }
  }

  /**
   * The child is healed: the best that was measured on its way.
   *
   * @param steps after which it was best
   * @param rollbacks how often a loss was no number and training went back, at half the rate
   * @param heldOut its way, with what comes after it
   */
  record Healed(CheckpointRef child, int steps, int rollbacks, List<HeldOut> heldOut)
      implements TaskResult {
    public Healed {
      heldOut = heldOut == null ? List.of() : List.copyOf(heldOut);
    }

    /** Without accident. */
    public Healed(CheckpointRef child, int steps, List<HeldOut> heldOut) {
      this(child, steps, 0, heldOut);
    }

    @Override
    public List<CheckpointRef> files() {
      return List.of(child);
    }
  }

  /**
   * The child on held-out sequences after so many steps of global distillation.
   *
   * @param klNatsPerToken KL(parent || child)
   * @param judgedBy what children are compared by, the lower the better: KL where the parent is
   *     imitated, plus the next-token loss where that is trained on
   * @param child kept because it was the best so far; null if it was not, or is the assembled one
   */
  record HeldOut(int steps, double klNatsPerToken, double judgedBy, CheckpointRef child) {

    /** Judged by KL, of a child that is not kept. */
    public HeldOut(int steps, double klNatsPerToken) {
      this(steps, klNatsPerToken, klNatsPerToken, null);
    }

    /** The same with the child kept. */
    public HeldOut with(CheckpointRef kept) {
      return new HeldOut(steps, klNatsPerToken, judgedBy, kept);
    }

    /**
     * The better of two; the earlier if they are as good, and of one that is no number the other.
     *
     * @param earlier null if there is none
     */
    public static HeldOut better(HeldOut earlier, HeldOut later) {
      return earlier == null
              || later.judgedBy < earlier.judgedBy
              || !Double.isFinite(earlier.judgedBy) && Double.isFinite(later.judgedBy)
          ? later
          : earlier;
    }
  }

  /**
   * The child is written.
   *
   * @param folder relative to the store
   */
  record Exported(String folder, List<CheckpointRef> files) implements TaskResult {
    public Exported {
      files = List.copyOf(files);
    }
  }
}
