package puzzle.engine.ablation;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import puzzle.model.RunSpec;
import puzzle.model.SearchSpace;
import puzzle.model.Variant;
import puzzle.model.Variant.Size;

/**
 * How much of everything a study uses. What it does not name comes from the run file.
 *
 * @param seeds one repetition of every table each
 * @param sequences on the tape that BLD trains on
 * @param batch sequences per training step
 * @param bldSteps at the full budget
 * @param scoring held-out sequences that scores are measured on
 * @param evaluation further ones that final qualities are measured on
 * @param gkdSteps of every global distillation
 * @param draws random architectures per limit
 * @param throughputs limits, in multiples of the parent's own throughput; ascending
 * @param target the one of them at which children are healed
 * @param attention sizes searched, in percent of the parent's KV heads, besides linear and no-op
 * @param ffn the same for the FFN's width
 */
public record StudySize(
    List<Long> seeds,
    int sequences,
    int batch,
    int bldSteps,
    double bldRate,
    int scoring,
    int evaluation,
    int gkdSteps,
    double gkdRate,
    int draws,
    List<Double> throughputs,
    double target,
    List<Integer> attention,
    List<Integer> ffn) {

  public static final StudySize FULL =
      new StudySize(
          seeds(3),
          256,
          8,
          100,
          1e-3,
          32,
          64,
          80,
          5e-4,
          2,
          List.of(1.4, 1.6, 1.8, 2.0, 2.2),
          1.6,
          List.of(100, 50, 13),
          List.of(100, 50, 20, 10));

  public static final StudySize QUICK =
      new StudySize(
          seeds(2),
          96,
          8,
          40,
          1e-3,
          8,
          24,
          20,
          5e-4,
          1,
          List.of(1.4, 1.6, 1.8),
          1.6,
          List.of(100, 13),
          List.of(100, 20));

  public StudySize {
    seeds = List.copyOf(seeds);
    throughputs = List.copyOf(throughputs);
    attention = List.copyOf(attention);
    ffn = List.copyOf(ffn);
    if (seeds.isEmpty() || !throughputs.contains(target)) {
      throw new IllegalArgumentException("a study needs seeds, and its target among its limits");
    }
  }

  /** The limits and two more between any two of them, rounded to a hundredth; ascending. */
  List<Double> frontier() {
    List<Double> finer = new ArrayList<>();
    for (int i = 0; i + 1 < throughputs.size(); i++) {
      double from = throughputs.get(i);
      double step = (throughputs.get(i + 1) - from) / 3;
      finer.add(from);
      finer.add(Math.round((from + step) * 100) / 100.0);
      finer.add(Math.round((from + 2 * step) * 100) / 100.0);
    }
    finer.add(throughputs.get(throughputs.size() - 1));
    return finer;
  }

  /** Seeds 1 to {@code count}. */
  public static List<Long> seeds(int count) {
    return LongStream.rangeClosed(1, count).boxed().toList();
  }

  public StudySize withSeeds(int count) {
    return new StudySize(
        seeds(count),
        sequences,
        batch,
        bldSteps,
        bldRate,
        scoring,
        evaluation,
        gkdSteps,
        gkdRate,
        draws,
        throughputs,
        target,
        attention,
        ffn);
  }

  /** The run's data and parent with this study's sizes. */
  RunSpec spec(RunSpec run, long seed) {
    return run.with(
        s -> {
          s.seed = seed;
          s.space = space(run.space());
          s.bld = bld(run, bldSteps);
          s.scoring = scoring(run);
          s.gkd = gkd(run, run.gkd().losses());
        });
  }

  /** All metrics of one pass but a benchmark's; top-k is top-1. */
  RunSpec.Scoring scoring(RunSpec run) {
    return RunSpec.Scoring.DEFAULT.with(
        s -> {
          s.sequences = scoring;
          s.evaluationSequences = evaluation;
          s.batch = run.scoring().batch();
          s.candidates = 0;
        });
  }

  /** Each variant by itself, without safeguards. */
  RunSpec.Bld bld(RunSpec run, int steps) {
    return run.bld()
        .with(
            b -> {
              b.sequences = sequences;
              b.batch = batch;
              b.steps = steps;
              b.warmupSteps = steps / 10;
              b.learningRate = bldRate;
              b.mode = RunSpec.Bld.Mode.DECOUPLED;
              b.safeguards = RunSpec.Safeguards.NONE;
            });
  }

  /** One round on one device, at the temperature of the paper. */
  RunSpec.Gkd gkd(RunSpec run, Set<RunSpec.Gkd.Loss> losses) {
    return RunSpec.Gkd.DEFAULT.with(
        g -> {
          g.losses = losses;
          g.batch = batch;
          g.steps = gkdSteps;
          g.warmupSteps = gkdSteps / 10;
          g.learningRate = gkdRate;
          g.weightDecay = run.gkd().weightDecay();
          g.clipNorm = run.gkd().clipNorm();
          g.checkpointSteps = gkdSteps;
        });
  }

  /** The variants of the run's space nearest to the sizes asked for, and all of other kinds. */
  SearchSpace space(SearchSpace full) {
    return new SearchSpace(
        nearest(full.attention(), Size.KV_HEADS, attention), nearest(full.ffn(), Size.WIDTH, ffn));
  }

  private static List<Variant> nearest(List<Variant> all, Size size, List<Integer> percents) {
    Variant parent = all.get(0);
    List<Variant> kept = new ArrayList<>();
    for (int percent : percents) {
      double wanted = parent.size(size) * percent / 100.0;
      all.stream()
          .filter(v -> v.kind() == parent.kind())
          .min(Comparator.comparingDouble(v -> Math.abs(v.size(size) - wanted)))
          .filter(v -> !kept.contains(v))
          .ifPresent(kept::add);
    }
    all.stream().filter(v -> v.kind() != parent.kind()).forEach(kept::add);
    return kept;
  }
}
