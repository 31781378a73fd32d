package puzzle.engine.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.model.Block;
import puzzle.model.RunSpec;
import puzzle.model.SearchSpace;
import puzzle.model.Subblock;
import puzzle.model.Target;
import puzzle.model.Variant;

/**
 * Tasks, device time and disk of a search, from its run file and the parent's config alone.
 *
 * <p>Each task is a known number of passes: recording runs the parent over all sequences; BLD
 * trains a variant for its steps, an attention variant with the parent's FFN frozen behind it
 * (section 3); a score runs the layers from the replaced one to the last (section 4.2); GKD runs
 * parent and child, and trains the child, which is taken to be as large as the parent (section
 * 4.3), so GKD is an upper bound. Solving, exporting and assembling take no device time worth
 * counting. Recordings and libraries are written in fp32, the child in bf16.
 *
 * @param baselines architectures of other methods that are evaluated beside the child
 */
public record SearchEstimate(RunSpec spec, DecoderConfig model, PassTimes times, int baselines) {

  private static final long FP32 = 4;
  private static final long BF16 = 2;
  private static final long FP16 = 2;

  /** A shard's state that the round starts from and the one that is being written. */
  private static final long CHECKPOINTS = 2;

  /**
   * One phase of the run.
   *
   * @param deviceSeconds over all devices
   * @param bytes left on disk, or there at once
   */
  public record Phase(String name, long tasks, double deviceSeconds, double bytes) {

    /** With so many devices, each task on one at a time; what hangs on one task does not spread. */
    public double elapsedSeconds(int devices) {
      return tasks == 0 ? 0 : deviceSeconds / Math.min(devices, tasks);
    }
  }

  /** Every phase, in the order of the run. */
  public List<Phase> phases() {
    return List.of(record(), profile(), library(), score(), heal(), evaluate(), export());
  }

  private Phase record() {
    long train = spec.bld().sequences();
    long scoring = spec.scoring().sequences();
    long evaluation =
        (long) spec.scoring().evaluationSequences() + spec.scoring().selectionSequences();
    long all = train + scoring + evaluation;
    double activity = times.forward(model.parentBlock().ffn(), train);
    double seconds = layers() * (block(all) + activity) + times.head(scoring + evaluation);
    double perSequence = (double) tokens() * model.hiddenSize() * FP32;
    double logits = (double) (scoring + evaluation) * tokens() * model.vocabSize() * FP16;
    double gkd = (double) spec.gkd().steps() * spec.gkd().batch();
    double ids = (all + gkd) * (tokens() + 1.0) * Long.BYTES;
    double kept = (2.0 * layers() + 1) * (train * perSequence);
    long budget = spec.bld().safeguards().tapeBytes();
    double tapes = budget > 0 ? Math.min(budget, kept) : kept;
    double heldOut = (2.0 * layers() + 1) * (scoring * perSequence);
    return new Phase("record", 1, seconds, tapes + heldOut + logits + ids);
  }

  /** Costs of other hardware are looked up; on the devices of the run two copies are timed. */
  private Phase profile() {
    List<Target.Goal> goals = spec.target().goals();
    if (!spec.target().measuredLocally()) {
      return new Phase("profile", goals.size(), 0, 0);
    }
    double seconds = 0;
    for (Target.Goal goal : goals) {
      double sequences =
          (double) goal.workload().batch() * goal.workload().prefillTokens() / tokens();
      double rounds = spec.profiling().warmups() + spec.profiling().repetitions();
      for (Variant variant : spec.space().variants()) {
        seconds += 2 * rounds * sequences * times.forward(variant, 1);
      }
    }
    return new Phase("profile", goals.size(), seconds, 0);
  }

  private Phase library() {
    SearchSpace space = spec.space();
    long steps = spec.bld().steps();
    long batch = spec.bld().batch();
    long tasks = 0;
    double seconds = 0;
    double bytes = 0;
    for (Variant variant : space.variants()) {
      if (!space.trainable(variant)) {
        continue;
      }
      boolean attention = variant.subblock() == Subblock.ATTENTION;
      Variant behind = model.parentBlock().ffn();
      double step = times.training(variant, batch) + times.optimiser(model.params(variant));
      double heldOut = times.forward(variant, spec.scoring().sequences());
      if (attention) {
        step += times.frozen(behind, batch);
        heldOut += times.forward(behind, spec.scoring().sequences());
      }
      long offered = layersWith(l -> space.offers(l, variant));
      tasks += offered;
      seconds += offered * (steps * step + 2 * heldOut);
      bytes += (double) offered * model.params(variant) * FP32;
    }
    return new Phase("library", tasks, seconds, bytes);
  }

  private Phase score() {
    long sequences = spec.scoring().sequences();
    long tasks = 0;
    double seconds = 0;
    for (Block block : spec.space().blocks()) {
      if (block.equals(spec.space().parent())) {
        continue;
      }
      double own =
          times.forward(block.attention(), sequences) + times.forward(block.ffn(), sequences);
      IntPredicate offers = layer -> spec.space().offers(layer, block);
      long offered = layersWith(offers);
      tasks += offered;
      // Above the replaced layer run L-1, L-2, ..., 0 layers of the parent.
      long above =
          IntStream.range(0, layers()).filter(offers).mapToLong(l -> layers() - 1L - l).sum();
      seconds += offered * (own + times.head(sequences)) + above * block(sequences);
    }
    return new Phase("score", tasks, seconds, 0);
  }

  private Phase heal() {
    long batch = spec.gkd().batch();
    double forward = layers() * block(batch) + times.head(batch);
    double step = 4 * forward + times.optimiser(model.params());
    return new Phase(
        "gkd",
        spec.gkd().shards(),
        spec.gkd().steps() * step,
        (double) model.params() * (spec.gkd().shards() * CHECKPOINTS * 3 * FP32 + BF16));
  }

  /** Candidates, parent, child before and after GKD, and the baselines. */
  private Phase evaluate() {
    long models = 3L + baselines;
    long candidates = spec.scoring().candidates() > 1 ? spec.scoring().candidates() : 0;
    return new Phase(
        "evaluate",
        models + candidates + 1,
        models * whole(spec.scoring().evaluationSequences())
            + candidates * whole(spec.scoring().selectionSequences()),
        0);
  }

  private double whole(long sequences) {
    return layers() * block(sequences) + times.head(sequences);
  }

  private Phase export() {
    return new Phase("export", 1, 0, (double) BF16 * model.params());
  }

  /** What a search of this parent needs whatever the times: said beside the table. */
  public List<String> notes(long usableBytes) {
    List<String> notes = new ArrayList<>();
    double parent = (double) BF16 * model.params();
    notes.add(
        "the parent's weights in bf16 take %.1f GB: at least %d device(s)"
            .formatted(parent / 1e9, devices(parent, usableBytes)));
    // bf16 parent; the child's weights, gradient and two moments in fp32.
    double gkd = parent + 4.0 * FP32 * model.params();
    notes.add(
        "GKD holds parent, child, gradient and moments, %.1f GB: at least %d device(s)"
            .formatted(gkd / 1e9, devices(gkd, usableBytes)));
    double trained = (double) spec.bld().steps() * spec.bld().batch() * tokens();
    notes.add(
        "BLD trains each variant on %.3g tokens, from a recording of %.3g; GKD on %.3g"
            .formatted(
                trained,
                (double) spec.bld().sequences() * tokens(),
                (double) spec.gkd().steps() * spec.gkd().batch() * tokens()));
    notes.add(
        "recording is one task, GKD one for each of gkd.shards at a time, and this engine gives"
            + " a task one device;"
            + " spread over several, their device-hours stay, their elapsed hours shrink");
    return notes;
  }

  private static int devices(double bytes, long usable) {
    return (int) Math.ceil(bytes / usable);
  }

  private double block(long sequences) {
    return times.forward(model.parentBlock().attention(), sequences)
        + times.forward(model.parentBlock().ffn(), sequences);
  }

  private long layersWith(IntPredicate offers) {
    return IntStream.range(0, layers()).filter(offers).count();
  }

  private int layers() {
    return model.layers();
  }

  private int tokens() {
    return spec.corpus().sequenceTokens();
  }
}
