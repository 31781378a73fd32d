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
import puzzle.model.Score;
import puzzle.model.SearchSpace;
import puzzle.model.Subblock;
import puzzle.model.Target;
import puzzle.model.Variant;
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
            List.of(Variant.attention(8), Variant.attention(2), Variant.noOp(Subblock.ATTENTION)),
            List.of(Variant.ffn(640), Variant.ffn(160), Variant.noOp(Subblock.FFN))),
        1.5);
  }

  /** The same search with another way of BLD. */
  public static RunSpec with(RunSpec spec, RunSpec.Bld.Mode mode) {
    return spec.with(s -> s.bld = s.bld.with(b -> b.mode = mode));
  }

  public static RunSpec spec(Path store, SearchSpace space, double speedUp) {
    return RunSpec.of(
        s -> {
          s.id = new RunId("example");
          s.parent = "parent";
          s.store = store.toString();
          s.seed = 7;
          s.corpus = RunSpec.Corpus.of("classpath:text", 0.1, 128);
          s.space = space;
          s.bld =
              s.bld.with(
                  b -> {
                    b.sequences = 16;
                    b.batch = 4;
                    b.mode = RunSpec.Bld.Mode.DECOUPLED;
                  });
          s.scoring = new RunSpec.Scoring(8, 8, 4, Score.Metric.KL, 1, null, 4, 8);
          s.target =
              new Target(
                  "local",
                  List.of(
                      new Target.Goal(
                          WORKLOAD,
                          List.of(
                              new Limit(Limit.Stat.THROUGHPUT, speedUp, true),
                              new Limit(Limit.Stat.MEMORY, 0.9, true)))));
          s.gkd =
              s.gkd.with(
                  g -> {
                    g.batch = 4;
                    g.steps = 10;
                    g.checkpointSteps = 5;
                    g.microBatch = 1;
                    g.shards = 2;
                    g.evaluateSteps = 5;
                  });
          s.retries = new RetryPolicy(Duration.ofMillis(10), 2, Duration.ofMillis(100), 0.2, 3);
        });
  }
}
