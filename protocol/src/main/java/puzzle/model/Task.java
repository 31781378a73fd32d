package puzzle.model;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;

/**
 * One piece of work for one device. A task names all it depends on, so that doing it twice, or on
 * another device, gives the same result to the bit (profiles apart, which measure time).
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
@JsonSubTypes({
  @JsonSubTypes.Type(value = TaskPart.class, name = "part"),
  @JsonSubTypes.Type(value = Task.Tokenize.class, name = "tokenize"),
  @JsonSubTypes.Type(value = Task.Record.class, name = "record"),
  @JsonSubTypes.Type(value = Task.Bld.class, name = "bld"),
  @JsonSubTypes.Type(value = Task.BldBlock.class, name = "bld-block"),
  @JsonSubTypes.Type(value = Task.Profile.class, name = "profile"),
  @JsonSubTypes.Type(value = Task.ScoreBlock.class, name = "score"),
  @JsonSubTypes.Type(value = Task.Evaluate.class, name = "evaluate"),
  @JsonSubTypes.Type(value = Task.Measure.class, name = "measure"),
  @JsonSubTypes.Type(value = Task.GkdRound.class, name = "gkd-round"),
  @JsonSubTypes.Type(value = Task.Gkd.class, name = "gkd"),
  @JsonSubTypes.Type(value = Task.Export.class, name = "export")
})
public sealed interface Task
    permits TaskPart,
        DivisibleTask,
        Task.Tokenize,
        Task.Bld,
        Task.BldBlock,
        Task.Profile,
        Task.ScoreBlock,
        Task.Measure,
        Task.GkdRound,
        Task.Gkd {

  /**
   * Unique within a run, and the idempotency key: {@code bld/3/kv-4}. Made by the static function
   * or constant of each task alone, and never taken apart: what a key is about travels as a value.
   */
  String key();

  /** What the parent did on the corpus, for tasks that read it; else null. */
  default CheckpointRef recording() {
    return null;
  }

  /** The whole model that the task is about, null if it is about one block or the parent. */
  default Architecture architecture() {
    return null;
  }

  /** What this task gives when it succeeds. */
  Class<? extends TaskResult> resultType();

  /** Takes the sequences of every split from the corpus, for the parts of a recording. */
  record Tokenize() implements Task {
    public static final String KEY = "record/tokens";

    @Override
    public String key() {
      return KEY;
    }

    @Override
    public Class<? extends TaskResult> resultType() {
      return TaskResult.PartMade.class;
    }
  }

  /**
   * Runs the parent over the corpus; keeps every layer's activations and the importances.
   *
   * @param tokens of all splits, or null to take them from the corpus
   */
  record Record(CheckpointRef tokens, List<CheckpointRef> parts) implements DivisibleTask {
    public static final String KEY = "record";

    public Record {
      parts = parts == null ? List.of() : List.copyOf(parts);
    }

    /** Undivided. */
    public Record() {
      this(null, List.of());
    }

    @Override
    public Record joining(List<CheckpointRef> made) {
      return new Record(tokens, made);
    }

    @Override
    public String key() {
      return KEY;
    }

    @Override
    public Class<? extends TaskResult> resultType() {
      return TaskResult.Recorded.class;
    }
  }

  /** Initialises one variant of one layer from the parent and trains it by decoupled BLD. */
  record Bld(int layer, Variant variant, CheckpointRef recording) implements Task {

    public static String key(int layer, Variant variant) {
      return "bld/" + layer + "/" + variant.name();
    }

    @Override
    public String key() {
      return key(layer, variant);
    }

    @Override
    public Class<? extends TaskResult> resultType() {
      return TaskResult.Trained.class;
    }
  }

  /**
   * Trains both halves of one block of one layer together: coupled BLD.
   *
   * @param start the halves' decoupled weights to start from, null for their initialisation
   */
  record BldBlock(int layer, Block block, Weights start, CheckpointRef recording) implements Task {

    public static String key(int layer, Block block) {
      return "bld/" + layer + "/" + block.name();
    }

    @Override
    public String key() {
      return key(layer, block);
    }

    @Override
    public Class<? extends TaskResult> resultType() {
      return TaskResult.Trained.class;
    }
  }

  /**
   * Measures every variant of the space and the model's fixed parts (embedding, final norm, head)
   * for one workload, interleaved, so that drift of the machine is shared by all.
   */
  record Profile(Workload workload) implements Task {
    public static String key(Workload workload) {
      return "profile/" + workload.name();
    }

    @Override
    public String key() {
      return key(workload);
    }

    @Override
    public Class<? extends TaskResult> resultType() {
      return TaskResult.Profiled.class;
    }
  }

  /**
   * Replaces one block of the parent and measures the KL divergence (section 4.2).
   *
   * @param coupled true if the halves were trained together
   */
  record ScoreBlock(
      int layer, Block block, boolean coupled, Weights weights, CheckpointRef recording)
      implements Task {
    /** Of halves that were trained each by itself, or not at all. */
    public ScoreBlock(int layer, Block block, Weights weights, CheckpointRef recording) {
      this(layer, block, false, weights, recording);
    }

    public static String key(int layer, Block block, boolean coupled) {
      return "score/" + layer + "/" + block.name() + (coupled ? "/coupled" : "");
    }

    @Override
    public String key() {
      return key(layer, block, coupled);
    }

    @Override
    public Class<? extends TaskResult> resultType() {
      return TaskResult.BlockScored.class;
    }
  }

  /**
   * Assembles an architecture and measures its quality on held-out sequences that no other task has
   * seen.
   *
   * @param label tells tasks on the same architecture apart: {@code child}, {@code greedy}
   * @param selecting true to measure on the sequences that candidates are chosen by, false on those
   *     that are reported
   * @param child a healed child's weights, or null to assemble from {@code layers}
   * @param recording what the parent says to those sequences
   */
  record Evaluate(
      String label,
      Architecture architecture,
      List<Weights> layers,
      CheckpointRef child,
      CheckpointRef recording,
      boolean selecting,
      List<CheckpointRef> parts)
      implements DivisibleTask {
    public Evaluate {
      layers = layers == null ? List.of() : List.copyOf(layers);
      parts = parts == null ? List.of() : List.copyOf(parts);
    }

    /** Undivided, on the sequences that are reported. */
    public Evaluate(
        String label,
        Architecture architecture,
        List<Weights> layers,
        CheckpointRef child,
        CheckpointRef recording) {
      this(label, architecture, layers, child, recording, false, List.of());
    }

    @Override
    public Evaluate joining(List<CheckpointRef> made) {
      return new Evaluate(label, architecture, layers, child, recording, selecting, made);
    }

    public static String key(String label) {
      return "evaluate/" + label;
    }

    @Override
    public String key() {
      return key(label);
    }

    @Override
    public Class<? extends TaskResult> resultType() {
      return TaskResult.Evaluated.class;
    }
  }

  /**
   * Measures the speed of whole models for one workload, in turn, so that their ratios hold on a
   * machine that drifts.
   */
  record Measure(Workload workload, List<Architecture> architectures) implements Task {
    public Measure {
      architectures = List.copyOf(architectures);
    }

    public static String key(Workload workload) {
      return "measure/" + workload.name();
    }

    @Override
    public String key() {
      return key(workload);
    }

    @Override
    public Class<? extends TaskResult> resultType() {
      return TaskResult.Measured.class;
    }
  }

  /**
   * Trains one shard's child for one round of the global distillation (section 4.3).
   *
   * @param round from 0
   * @param from the states of all shards after the round before, whose mean this one starts from;
   *     none for the assembled child
   * @param rollbacks of the rounds before: each has halved the rate
   * @param best of the children measured before, null if none was
   */
  record GkdRound(
      Architecture architecture,
      List<Weights> layers,
      CheckpointRef recording,
      int round,
      int shard,
      List<CheckpointRef> from,
      int rollbacks,
      TaskResult.HeldOut best)
      implements Task {
    public GkdRound {
      layers = List.copyOf(layers);
      from = List.copyOf(from);
    }

    public static String key(int round, int shard) {
      return "gkd/" + round + "/" + shard;
    }

    @Override
    public String key() {
      return key(round, shard);
    }

    @Override
    public Class<? extends TaskResult> resultType() {
      return TaskResult.ShardTrained.class;
    }
  }

  /**
   * Ends the global distillation: the healed child is the mean of the shards' last states, or the
   * best before if that is better; {@code rollbacks} and {@code best} as in {@link GkdRound}.
   *
   * @param from none if nothing is trained: the assembled child as it is
   */
  record Gkd(
      Architecture architecture,
      List<Weights> layers,
      CheckpointRef recording,
      List<CheckpointRef> from,
      int rollbacks,
      TaskResult.HeldOut best)
      implements Task {
    public static final String KEY = "gkd";

    public Gkd {
      layers = List.copyOf(layers);
      from = from == null ? List.of() : List.copyOf(from);
    }

    @Override
    public String key() {
      return KEY;
    }

    @Override
    public Class<? extends TaskResult> resultType() {
      return TaskResult.Healed.class;
    }
  }

  /**
   * Writes the healed child as a checkpoint that servers load.
   *
   * @param report what the model card tells, as name and text
   */
  record Export(
      Architecture architecture,
      CheckpointRef child,
      List<String> report,
      List<CheckpointRef> parts)
      implements DivisibleTask {
    public static final String KEY = "export";

    public Export {
      report = report == null ? List.of() : List.copyOf(report);
      parts = parts == null ? List.of() : List.copyOf(parts);
    }

    /** Undivided. */
    public Export(Architecture architecture, CheckpointRef child, List<String> report) {
      this(architecture, child, report, List.of());
    }

    @Override
    public Export joining(List<CheckpointRef> made) {
      return new Export(architecture, child, report, made);
    }

    @Override
    public String key() {
      return KEY;
    }

    @Override
    public Class<? extends TaskResult> resultType() {
      return TaskResult.Exported.class;
    }
  }

  /** The trained weights of a block's two halves; null if a half is the parent's or a no-op. */
  record Weights(CheckpointRef attention, CheckpointRef ffn) {}
}
