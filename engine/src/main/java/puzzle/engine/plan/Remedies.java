package puzzle.engine.plan;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Predicate;
import puzzle.model.Phase;
import puzzle.model.RunDraft;
import puzzle.model.RunSpec;
import puzzle.model.Target;

/** What can be changed for a search to need less: the mildest first. */
final class Remedies {

  private static final int SHORTEST = 128;
  private static final int FEWEST = 8;

  /**
   * A change.
   *
   * @param said what to write
   * @param spec the run with it
   * @param devices of the process with it
   */
  record Remedy(String said, RunSpec spec, int devices) {}

  private final RunSpec spec;
  private final int devices;
  private final List<Remedy> all = new ArrayList<>();

  private Remedies(RunSpec spec, int devices) {
    this.spec = spec;
    this.devices = devices;
  }

  /** For a phase's memory. */
  static Remedies ofMemory(RunSpec spec, Phase phase, int devices) {
    Remedies r = new Remedies(spec, devices);
    switch (phase) {
      case RECORD, SCORE, EVALUATE ->
          r.halves(
              "scoring.batch",
              spec.scoring().batch(),
              1,
              (s, v) -> s.scoring = s.scoring.with(x -> x.batch = v));
      case LIBRARY ->
          r.halves(
              "bld.microBatch",
              spec.bld().safeguards().microBatch() == 0
                  ? spec.bld().batch()
                  : spec.bld().safeguards().microBatch(),
              1,
              (s, v) ->
                  s.bld = s.bld.with(b -> b.safeguards = b.safeguards.with(g -> g.microBatch = v)));
      case PROFILE ->
          r.add(
              "target.hardware: h100, whose costs are modelled and not measured",
              s -> s.target = new Target("h100", s.target.goals()));
      case GKD ->
          r.halves(
              "gkd.microBatch",
              spec.gkd().passSequences(),
              1,
              (s, v) -> s.gkd = s.gkd.with(g -> g.microBatch = v));
      default -> {}
    }
    r.shorter();
    for (int fewer = devices / 2; fewer >= 1; fewer /= 2) {
      r.all.add(new Remedy("--devices " + fewer, spec, fewer));
    }
    if (phase == Phase.GKD) {
      r.unhealed();
    }
    return r;
  }

  /**
   * For the disk.
   *
   * @param there bytes
   */
  static Remedies ofDisk(RunSpec spec, Needs needs, double there) {
    Remedies r = new Remedies(spec, 1);
    double tapes = there - (needs.diskBytes() - needs.tapesBytes());
    if (tapes >= needs.leastTapesBytes()) {
      r.add(
          "bld.tapeBudget: " + Sizes.atMost(tapes),
          s ->
              s.bld =
                  s.bld.with(
                      b -> b.safeguards = b.safeguards.with(g -> g.tapeBytes = (long) tapes)));
    }
    r.halves(
        "bld.sequences",
        spec.bld().sequences(),
        Math.max(FEWEST, spec.bld().batch()),
        (s, v) -> s.bld = s.bld.with(b -> b.sequences = v));
    r.halves(
        "scoring.sequences",
        spec.scoring().sequences(),
        FEWEST,
        (s, v) -> s.scoring = s.scoring.with(x -> x.sequences = v));
    r.shorter();
    r.unhealed();
    return r;
  }

  private void shorter() {
    halves(
        "corpus.sequenceTokens",
        spec.corpus().sequenceTokens(),
        SHORTEST,
        (s, v) -> s.corpus = s.corpus.with(c -> c.sequenceTokens = v));
  }

  private void unhealed() {
    add(
        "gkd.losses: [], which leaves the child as it is",
        s -> s.gkd = s.gkd.with(g -> g.losses = EnumSet.noneOf(RunSpec.Gkd.Loss.class)));
  }

  /** Half of a value, a quarter, and so on. */
  private void halves(String key, int value, int least, BiConsumer<RunDraft, Integer> set) {
    for (int less = value / 2; less >= least; less /= 2) {
      int to = less;
      add(key + ": " + to, s -> set.accept(s, to));
    }
  }

  private void add(String said, Consumer<RunDraft> change) {
    all.add(new Remedy(said, spec.with(change), devices));
  }

  /** What to write for the first change that is enough. */
  Optional<String> first(Predicate<Remedy> enough) {
    return all.stream().filter(enough).map(Remedy::said).findFirst();
  }
}
