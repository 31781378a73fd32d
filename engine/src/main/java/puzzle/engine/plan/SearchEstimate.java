package puzzle.engine.plan;

import static puzzle.model.Phase.EVALUATE;
import static puzzle.model.Phase.EXPORT;
import static puzzle.model.Phase.GKD;
import static puzzle.model.Phase.LIBRARY;
import static puzzle.model.Phase.PROFILE;
import static puzzle.model.Phase.RECORD;
import static puzzle.model.Phase.SCORE;

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
 * Tasks and device time of a search, from its run file and the parent's config alone.
 *
 * <p>Each task is a known number of passes: recording runs the parent over all sequences; BLD
 * trains a variant for its steps, an attention variant with the parent's FFN frozen behind it
 * (section 3); a score runs the layers from the replaced one to the last (section 4.2); GKD runs
 * parent and child, and trains the child, which is taken to be as large as the parent (section
 * 4.3), so GKD is an upper bound. Solving, exporting and assembling take no device time worth
 * counting.
 *
 * @param baselines architectures of other methods that are evaluated beside the child
 */
public record SearchEstimate(RunSpec spec, DecoderConfig model, PassTimes times, int baselines) {

  /**
   * One phase of the run.
   *
   * @param deviceSeconds over all devices
   */
  public record Phase(puzzle.model.Phase phase, long tasks, double deviceSeconds) {

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
    return new Phase(RECORD, spec.parts().recording(), seconds);
  }

  /** Costs of other hardware are looked up; on the devices of the run two copies are timed. */
  private Phase profile() {
    List<Target.Goal> goals = spec.target().goals();
    if (!spec.target().measuredLocally()) {
      return new Phase(PROFILE, goals.size(), 0);
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
    return new Phase(PROFILE, goals.size(), seconds);
  }

  private Phase library() {
    SearchSpace space = spec.space();
    long steps = spec.bld().steps();
    long batch = spec.bld().batch();
    long tasks = 0;
    double seconds = 0;
    for (Variant variant : space.variants()) {
      boolean attention = variant.subblock() == Subblock.ATTENTION;
      Variant behind = model.parentBlock().ffn();
      double step = times.training(variant, batch) + times.optimiser(model.params(variant));
      double heldOut = times.forward(variant, spec.scoring().sequences());
      if (attention) {
        step += times.frozen(behind, batch);
        heldOut += times.forward(behind, spec.scoring().sequences());
      }
      long offered = layersWith(l -> space.offers(l, variant) && space.of(l).trainable(variant));
      tasks += offered;
      seconds += offered * (steps * step + 2 * heldOut);
    }
    return new Phase(LIBRARY, tasks, seconds);
  }

  private Phase score() {
    long sequences = spec.scoring().sequences();
    long tasks = 0;
    double seconds = 0;
    for (Block block : spec.space().blocks()) {
      double own =
          times.forward(block.attention(), sequences) + times.forward(block.ffn(), sequences);
      IntPredicate offers =
          layer -> spec.space().offers(layer, block) && !block.equals(spec.space().own(layer));
      long offered = layersWith(offers);
      tasks += offered;
      // Above the replaced layer run L-1, L-2, ..., 0 layers of the parent.
      long above =
          IntStream.range(0, layers()).filter(offers).mapToLong(l -> layers() - 1L - l).sum();
      seconds += offered * (own + times.head(sequences)) + above * block(sequences);
    }
    return new Phase(SCORE, tasks, seconds);
  }

  private Phase heal() {
    long batch = spec.gkd().batch();
    double forward = layers() * block(batch) + times.head(batch);
    double step = 4 * forward + times.optimiser(model.params());
    return new Phase(GKD, spec.gkd().shards(), spec.gkd().steps() * step);
  }

  /** Candidates, parent, child before and after GKD, and the baselines. */
  private Phase evaluate() {
    long models = 3L + baselines;
    long candidates = spec.scoring().candidates() > 1 ? spec.scoring().candidates() : 0;
    return new Phase(
        EVALUATE,
        (models + candidates) * spec.parts().evaluation() + 1,
        models * whole(spec.scoring().evaluationSequences())
            + candidates * whole(spec.scoring().selectionSequences()));
  }

  private double whole(long sequences) {
    return layers() * block(sequences) + times.head(sequences);
  }

  private Phase export() {
    return new Phase(EXPORT, spec.parts().export(), 0);
  }

  /** What is said beside the table. */
  public List<String> notes() {
    List<String> notes = new ArrayList<>();
    double trained = (double) spec.bld().steps() * spec.bld().batch() * tokens();
    notes.add(
        "BLD trains each variant on %.3g tokens, from a recording of %.3g; GKD on %.3g"
            .formatted(
                trained,
                (double) spec.bld().sequences() * tokens(),
                (double) spec.gkd().steps() * spec.gkd().batch() * tokens()));
    notes.add(
        "GKD is one task for each of gkd.shards at a time, and this engine gives a task one device;"
            + " spread over several, its device-hours stay, its elapsed hours shrink");
    return notes;
  }

  /** One layer of the parent; where they differ, the mean. */
  private double block(long sequences) {
    return model.architecture().blocks().stream()
        .mapToDouble(
            block ->
                times.forward(block.attention(), sequences) + times.forward(block.ffn(), sequences))
        .average()
        .orElseThrow();
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
