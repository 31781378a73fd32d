package puzzle.engine.plan;

import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.gkd.GkdMemory;
import puzzle.engine.machine.HostMemory;
import puzzle.engine.nn.HeadChunks;
import puzzle.engine.nn.Residency;
import puzzle.engine.profile.LiveProfiler;
import puzzle.engine.profile.ModelSpeed;
import puzzle.engine.recording.RecordingBytes;
import puzzle.model.Phase;
import puzzle.model.Precision;
import puzzle.model.RunSpec;
import puzzle.model.Target;
import puzzle.model.Variant;

/**
 * Memory and disk of a search, phase by phase, from its run file and the parent's config alone.
 * Where a class knows what it allocates, it is asked; the rest are the arrays that live at once.
 * Files that are mapped are not counted: the system drops their pages when it needs room.
 *
 * @param there what a process may take: it decides what is held whole
 * @param computesIn BF16 or FP32
 */
public record Needs(RunSpec spec, DecoderConfig model, HostMemory there, Precision computesIn) {

  /** The phases that need anything worth counting, in the order of a run. */
  public static final List<Phase> PHASES =
      List.of(
          Phase.RECORD,
          Phase.PROFILE,
          Phase.LIBRARY,
          Phase.SCORE,
          Phase.GKD,
          Phase.EVALUATE,
          Phase.EXPORT);

  /** What a process has besides: heap, threads, journal and what the tensor library keeps. */
  private static final double PROCESS = 0.8e9;

  /** Parameters, gradients, two moments, the best state, and the last good one with its moments. */
  private static final int TRAINED_COPIES = 8;

  /** Parameters and two moments. */
  private static final int STATE_COPIES = 3;

  private static final double FP32 = Float.BYTES;
  private static final double BF16 = 2;

  /**
   * What a phase needs.
   *
   * @param together tasks that may run at once, if there are devices for them
   * @param models that each of these holds beside the parent, as it does
   * @param taskBytes of memory that each takes besides
   * @param diskBytes that it leaves, or that are there at once
   */
  public record Need(long together, int models, double taskBytes, double diskBytes) {}

  public Need of(Phase phase) {
    return all().get(phase);
  }

  /** What {@link Precision#AUTO} is taken for where it cannot be tried: what needs more room. */
  public static Precision likely(RunSpec spec) {
    return spec.precision() == Precision.BF16 ? Precision.BF16 : Precision.FP32;
  }

  /** Each phase's need. */
  public Map<Phase, Need> all() {
    Map<Phase, Need> needs = new EnumMap<>(Phase.class);
    needs.put(
        Phase.RECORD,
        new Need(spec.parts().recording(), 0, pass(scoringTokens()), recorded().all(spec, 0)));
    needs.put(Phase.PROFILE, new Need(1, 0, profile(), 0));
    needs.put(Phase.LIBRARY, new Need(Integer.MAX_VALUE, 0, training(), library()));
    needs.put(Phase.SCORE, new Need(Integer.MAX_VALUE, 0, scoring(), 0));
    needs.put(Phase.GKD, new Need(spec.gkd().shards(), trains() ? 0 : 1, gkd(), gkdDisk()));
    needs.put(Phase.EVALUATE, new Need(Integer.MAX_VALUE, 1, pass(scoringTokens()), 0));
    needs.put(Phase.EXPORT, new Need(1, 0, 0, BF16 * model.params()));
    return needs;
  }

  /**
   * Memory of one process at a phase's peak.
   *
   * @param devices of the process
   */
  public double memoryBytes(Phase phase, int devices) {
    Need need = of(phase);
    long tasks = Math.min(devices, need.together());
    long parents = phase == Phase.RECORD ? tasks : devices;
    return PROCESS + (parents + tasks * need.models()) * held(devices) + tasks * need.taskBytes();
  }

  /** The phase that needs most memory. */
  public Phase largest(int devices) {
    return PHASES.stream()
        .max(Comparator.comparingDouble(phase -> memoryBytes(phase, devices)))
        .orElseThrow();
  }

  /** Disk of the whole search: nothing large goes before its end. */
  public double diskBytes() {
    return all().values().stream().mapToDouble(Need::diskBytes).sum();
  }

  /**
   * A model as a device holds it, as {@link Residency} decides: whole; or of a layer and the next,
   * or of the head and a layer, the weights. In bf16 they stay in their file, as those of published
   * parents do.
   */
  private double held(int devices) {
    boolean mapped = computesIn == Precision.BF16;
    boolean whole = Residency.whole(model.params(), computesIn, mapped, there.bytes(), devices);
    double layer =
        model.params(model.parentBlock().attention()) + model.params(model.parentBlock().ffn());
    double turn = layer + Math.max(layer, (double) model.vocabSize() * model.hiddenSize());
    double weights = mapped ? 0 : FP32 * (whole ? model.params() : turn);
    return weights + (whole ? 0 : waiting());
  }

  /** States between two layers of a model that is not held whole: at most a quarter of the heap. */
  private double waiting() {
    return Math.min(
        HostMemory.heapBytes() / 4.0, (double) spec.scoring().sequences() * stateBytes());
  }

  private double scoringTokens() {
    return (double) spec.scoring().batch() * tokens();
  }

  /** Arrays of a forward pass that live at once: a half of a layer, or the head over a chunk. */
  private double pass(double tokens) {
    double hidden = model.hiddenSize();
    double heads = (double) model.heads() * model.headSize();
    double half = Math.max(3 * hidden + 6 * heads, 3 * hidden + 3.0 * model.intermediateSize());
    double logits = 2.0 * HeadChunks.bytes(model.vocabSize(), (long) tokens);
    return Math.max(FP32 * tokens * half, logits);
  }

  private double profile() {
    if (!spec.target().measuredLocally()) {
      return 0;
    }
    double most = 0;
    for (Target.Goal goal : spec.target().goals()) {
      most =
          Math.max(
              most,
              Math.max(
                  new LiveProfiler(model, goal.workload(), spec.profiling()).bytes(spec.space()),
                  ModelSpeed.bytes(model, List.of(model.architecture()), goal.workload())));
    }
    return most;
  }

  /** The largest variant with its optimiser and states, and the graph of a step. */
  private double training() {
    int micro = spec.bld().safeguards().microBatch();
    double tokens = (double) (micro == 0 ? spec.bld().batch() : micro) * tokens();
    double hidden = model.hiddenSize();
    double heads = (double) model.heads() * model.headSize();
    double graph = tokens * (8 * hidden + 8 * heads + 5.0 * model.intermediateSize());
    return FP32 * (TRAINED_COPIES * largest(model::params) + graph);
  }

  /** The replaced block beside the parent, and logits of both. */
  private double scoring() {
    return FP32 * largest(model::params) + 2 * pass(scoringTokens());
  }

  private double largest(ToDoubleFunction<Variant> size) {
    return spec.space().variants().stream().mapToDouble(size).max().orElse(0);
  }

  /** The child is taken to be as large as the parent. */
  private double gkd() {
    if (!trains()) {
      return 0;
    }
    return gkdWhole()
        ? GkdMemory.whole(model, spec.gkd(), tokens())
        : GkdMemory.layerByLayer(model, spec.gkd(), tokens());
  }

  /** False if the child stays as it is assembled, and is only written. */
  private boolean trains() {
    return !spec.gkd().losses().isEmpty();
  }

  /** As {@link Residency#trains} decides. */
  private boolean gkdWhole() {
    return GkdMemory.whole(model, spec.gkd(), tokens()) <= there.bytes() / 2;
  }

  /** Training states of two layers, without which nothing can be trained. */
  double leastTapesBytes() {
    return recorded().least(spec.bld().sequences());
  }

  /** Training states of all layers that are kept. */
  double tapesBytes() {
    return recorded().training(spec.bld().sequences(), spec.bld().safeguards().tapeBytes());
  }

  private RecordingBytes recorded() {
    return RecordingBytes.of(spec.with(s -> s.precision = computesIn), model);
  }

  /** States of a sequence in fp32. */
  private double stateBytes() {
    return (double) tokens() * model.hiddenSize() * FP32;
  }

  private double library() {
    return FP32
        * spec.space().variants().stream()
            .filter(spec.space()::trainable)
            .mapToDouble(v -> layersOf(v) * model.params(v))
            .sum();
  }

  private double layersOf(Variant variant) {
    double layers = 0;
    for (int layer = 0; layer < model.layers(); layer++) {
      layers += spec.space().offers(layer, variant) ? 1 : 0;
    }
    return layers;
  }

  /**
   * States of two rounds, the healed child and the best before it, and what is mapped while a shard
   * trains.
   */
  private double gkdDisk() {
    double child = BF16 * model.params();
    if (!trains()) {
      return child;
    }
    double kept = Math.min(2, spec.gkd().rounds());
    double shards = spec.gkd().shards();
    double states = kept * shards * STATE_COPIES * FP32 * model.params();
    double mapped = gkdWhole() ? 0 : shards * GkdMemory.mapped(model);
    return states + mapped + (spec.gkd().evaluateSteps() > 0 ? 2 : 1) * child;
  }

  private int tokens() {
    return spec.corpus().sequenceTokens();
  }
}
