package puzzle.actors;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import puzzle.model.DType;
import puzzle.model.Limit;
import puzzle.model.RetryPolicy;
import puzzle.model.RunId;
import puzzle.model.RunSpec;
import puzzle.model.SearchSpace;
import puzzle.model.Target;
import puzzle.model.Workload;

/** Values that tests share. */
public final class Examples {

  public static final Workload WORKLOAD = new Workload(4, 64, 16, DType.FP32, DType.FP32, 1);

  /** Timing for tests: short waits, long leases. */
  public static final Config QUICK =
      ConfigFactory.parseString(
          """
          puzzle {
            gpu { heartbeat = 100ms, announce = 1s, sample = 100ms, restart-min = 10ms }
            lease { duration = 5s, adoption = 300ms, reoffer = 1s }
            solver { settle = 20ms, random-baselines = 5 }
            run.reconcile = 500ms
          }
          """);

  /** The settings a node starts with. */
  public static final Config DEFAULTS =
      ConfigFactory.parseResources("puzzle.conf").withFallback(ConfigFactory.empty()).resolve();

  private Examples() {}

  /** A search of 15 variants a layer. */
  public static RunSpec spec(Path store) {
    return spec(store, SearchSpace.standard(8, 640, 1), 1.5);
  }

  /** A search of 3 x 3 blocks a layer. */
  public static RunSpec small(Path store) {
    return spec(
        store,
        new SearchSpace(
            List.of(
                puzzle.model.Variant.attention(8),
                puzzle.model.Variant.attention(2),
                puzzle.model.Variant.noOp(puzzle.model.Subblock.ATTENTION)),
            List.of(
                puzzle.model.Variant.ffn(640),
                puzzle.model.Variant.ffn(160),
                puzzle.model.Variant.noOp(puzzle.model.Subblock.FFN))),
        1.5);
  }

  /** The same search with another way of BLD. */
  public static RunSpec with(RunSpec spec, RunSpec.Bld.Mode mode) {
    RunSpec.Bld bld = spec.bld();
    return new RunSpec(
        spec.id(),
        spec.parent(),
        spec.store(),
        spec.seed(),
        spec.corpus(),
        spec.space(),
        new RunSpec.Bld(
            bld.sequences(),
            bld.batch(),
            bld.steps(),
            bld.warmupSteps(),
            bld.learningRate(),
            bld.weightDecay(),
            bld.clipNorm(),
            mode,
            4),
        spec.scoring(),
        spec.profiling(),
        spec.target(),
        spec.gkd(),
        spec.retries());
  }

  public static RunSpec spec(Path store, SearchSpace space, double speedUp) {
    return new RunSpec(
        new RunId("example"),
        "parent",
        store.toString(),
        7,
        new RunSpec.Corpus("classpath:text", 0.1, 128),
        space,
        new RunSpec.Bld(16, 4, 10, 2, 1e-3, 0.01, 1),
        new RunSpec.Scoring(8, 8, 4, puzzle.model.Score.Metric.KL, 1, null, 4, 8),
        new RunSpec.Profiling(1, 3),
        new Target(
            "local",
            List.of(
                new Target.Goal(
                    WORKLOAD,
                    List.of(
                        new Limit(Limit.Stat.THROUGHPUT, speedUp, true),
                        new Limit(Limit.Stat.MEMORY, 0.9, true))))),
        new RunSpec.Gkd(List.of("cosine", "kld"), 4, 10, 2, 1e-4, 0.01, 1, 5, 1, 1, 2, 5),
        new RetryPolicy(Duration.ofMillis(10), 2, Duration.ofMillis(100), 0.2, 3));
  }
}
