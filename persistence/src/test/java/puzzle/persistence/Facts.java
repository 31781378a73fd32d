package puzzle.persistence;

import java.time.Instant;
import java.util.List;
import puzzle.model.Architecture;
import puzzle.model.Baseline;
import puzzle.model.Block;
import puzzle.model.BlockCost;
import puzzle.model.CheckpointRef;
import puzzle.model.CostDelivery;
import puzzle.model.DType;
import puzzle.model.Failure;
import puzzle.model.Incumbent;
import puzzle.model.Infeasible;
import puzzle.model.LayerLibrary;
import puzzle.model.Limit;
import puzzle.model.Outcome;
import puzzle.model.RunId;
import puzzle.model.RunSpec;
import puzzle.model.Score;
import puzzle.model.ScoredBlock;
import puzzle.model.SearchSpace;
import puzzle.model.Target;
import puzzle.model.Task;
import puzzle.model.TaskResult;
import puzzle.model.Variant;
import puzzle.model.Workload;

/** One event of every kind, as it may stand in a journal. */
final class Facts {

  static final CheckpointRef REF = new CheckpointRef("library/0/kv-4", 12, "ab".repeat(32));
  static final RunSpec SPEC =
      RunSpec.of(
          s -> {
            s.id = new RunId("tiny");
            s.parent = "/models/parent";
            s.store = "/runs/tiny";
            s.seed = 7;
            s.corpus = RunSpec.Corpus.of("classpath:text.gz", 0.05, 128);
            s.space = SearchSpace.standard(8, 640, 1);
            s.target =
                new Target(
                    "local",
                    List.of(
                        new Target.Goal(
                            new Workload(4, 64, 16, DType.FP32, DType.BF16, 1),
                            List.of(new Limit(Limit.Stat.THROUGHPUT, 1.5, true)))));
          });

  private static final Instant AT = Instant.parse("2026-01-02T03:04:05.678Z");
  private static final Block BLOCK = Block.parse("kv-4+ffn-320");
  private static final Architecture ARCHITECTURE = Architecture.uniform(BLOCK, 2);
  private static final Failure FAILURE = new Failure(Failure.Kind.TIMED_OUT, "too slow");
  private static final BlockCost COST = new BlockCost(0.5, 0.25, 100, 50, 25);

  static final List<TaskEvent> TASK_EVENTS =
      List.of(
          new TaskEvent.AttemptStarted("bld/0/kv-4", 1, "host/cpu-0"),
          new TaskEvent.AttemptFailed("bld/0/kv-4", 1, FAILURE, true, true),
          new TaskEvent.AttemptStarted("bld/0/kv-4", 2, "host/cpu-1"),
          new TaskEvent.TaskFinished("bld/0/kv-4", 2, new TaskResult.Trained(REF, 0.5, 0.25, 10)),
          new TaskEvent.TaskReopened("bld/0/kv-4", "flipped byte"),
          new TaskEvent.TaskFinished("record/0", 1, new TaskResult.PartMade(REF)),
          new TaskEvent.TaskFinished("record", 1, new TaskResult.Recorded(REF, 1.5, 100, 10)),
          new TaskEvent.TaskFinished(
              "profile/b4-p64-g16",
              1,
              new TaskResult.Profiled(
                  SPEC.target().goals().get(0).workload(),
                  List.of(new TaskResult.VariantCost(Variant.attention(4), COST, 0.1)),
                  COST,
                  TaskResult.MEASURED)),
          new TaskEvent.TaskFinished(
              "score/0/kv-4+ffn-320", 1, new TaskResult.BlockScored(Score.measured(0.125, 0.5))),
          new TaskEvent.TaskFinished("evaluate/child", 1, new TaskResult.Evaluated(1.5, 0.5, 10)),
          new TaskEvent.TaskFinished(
              "measure/b4-p64-g16",
              1,
              new TaskResult.Measured(
                  SPEC.target().goals().get(0).workload(),
                  List.of(COST, COST),
                  TaskResult.MEASURED)),
          new TaskEvent.TaskFinished("gkd", 1, new TaskResult.Healed(REF, 10, List.of())),
          new TaskEvent.TaskFinished("export", 1, new TaskResult.Exported("child", List.of(REF))));

  static final List<RunEvent> RUN_EVENTS =
      List.of(
          new RunEvent.RunStarted(SPEC, 2, "cafe", AT),
          new RunEvent.LayerSettled(
              new LayerLibrary(
                  0,
                  List.of(new LayerLibrary.Entry(Variant.attention(4), REF, 0.5, 0.25, null)),
                  List.of(),
                  List.of(new ScoredBlock(BLOCK, Score.measured(0.125, 0))),
                  List.of(new LayerLibrary.Quarantined("score/0/x", FAILURE)),
                  false)),
          new RunEvent.LimitsProvenInfeasible(
              new Infeasible(
                  List.of("memory <= 3"), List.of(new Infeasible.Relaxation("memory", 3, 4)))),
          new RunEvent.ArchitectureChosen(
              new Incumbent(ARCHITECTURE, 0.25, 0.25, true, COST, COST, 108, 0, "complete table"),
              List.of(new Baseline("random", 3, ARCHITECTURE, 0.5, true)),
              List.of()),
          new RunEvent.ChildHealed(new TaskResult.Healed(REF, 10, List.of())),
          new RunEvent.RunEnded(new Outcome(Outcome.Kind.DONE, "done"), AT));

  static final List<LayerEvent> LAYER_EVENTS =
      List.of(new LayerEvent.BuildOrdered(SPEC, 1, REF), new LayerEvent.BuildAbandoned());

  static final List<GkdEvent> GKD_EVENTS =
      List.of(
          new GkdEvent.GkdOrdered(
              SPEC,
              new Task.Gkd(
                  ARCHITECTURE,
                  List.of(new Task.Weights(REF, null), new Task.Weights(REF, REF)),
                  REF,
                  List.of(),
                  0,
                  null)),
          new GkdEvent.GkdAbandoned());

  /** Examples that later versions added to kinds that were there before. */
  static final List<TaskEvent> LATER_TASK_EVENTS =
      List.of(
          new TaskEvent.TaskFinished(
              "profile/b4-p64-g16",
              1,
              new TaskResult.Profiled(
                  SPEC.target().goals().get(0).workload(),
                  List.of(new TaskResult.VariantCost(Variant.attention(4), COST, 0.1)),
                  COST,
                  "model of h100")),
          new TaskEvent.TaskFinished(
              "measure/b4-p64-g16",
              1,
              new TaskResult.Measured(
                  SPEC.target().goals().get(0).workload(), List.of(COST), "model of h100")));

  static final List<RunEvent> LATER_RUN_EVENTS =
      List.of(
          new RunEvent.ArchitectureChosen(
              new Incumbent(ARCHITECTURE, 0.25, 0.25, true, COST, COST, 108, 0, "complete table"),
              List.of(),
              List.of(
                  new Incumbent(ARCHITECTURE, 0.25, 0.25, true, COST, COST, 108, 0, "candidate 1"),
                  new Incumbent(ARCHITECTURE, 0.5, 0.5, true, COST, COST, 108, 0, "candidate 2"))),
          new RunEvent.CandidateTaken(1),
          new TaskEvent.TaskFinished(
              "score/0/kv-4+ffn-320",
              1,
              new TaskResult.BlockScored(
                  Score.measured(
                      Score.Metric.TOP_K,
                      List.of(
                          new Score.Measure(Score.Metric.KL, 0.125, 0.5),
                          new Score.Measure(Score.Metric.TOP_K, 0.25, 0.0625))))),
          new TaskEvent.TaskFinished(
              "evaluate/candidate-1",
              1,
              new TaskResult.Evaluated(
                  1.5, 0.5, 10, List.of(new Score.Measure(Score.Metric.KL, 0.5, 0.25)))),
          new RunEvent.IncumbentFound(
              new Incumbent(ARCHITECTURE, 0.25, 0.125, false, COST, COST, 7, 9, "layer 0")));

  /** Kinds that orders from outside added. */
  static final List<Object> ORDER_EVENTS =
      List.of(
          new RunEvent.RunPaused(AT),
          new RunEvent.RunResumed(AT),
          new RunEvent.Retargeted(SPEC.target(), AT),
          new RunEvent.FailedRetried(List.of(0, 3), AT),
          new TaskEvent.TaskRenewed("gkd", "another target"),
          new LayerEvent.BuildOrdered(SPEC, 1, REF, 2),
          new LayerEvent.BuildPaused(),
          new GkdEvent.GkdPaused());

  /** Costs that other systems measured. */
  static final List<RunEvent> COST_EVENTS =
      List.of(
          new RunEvent.CostsDelivered(
              List.of(
                  new CostDelivery("c-1", "lab", "b4-p64-g16", "kv-4", 0.5, 0.25, 100L, 50L, 0.1),
                  new CostDelivery("c-2", "lab", "b4-p64-g16", "fixed", 0.5, 0.25, null, null, 0)),
              AT));

  private Facts() {}

  /** Those of two-stage BLD. */
  static final List<Object> LATER_EVENTS =
      List.of(
          new RunEvent.BlocksShortlisted(List.of(List.of(BLOCK), List.of())),
          new LayerEvent.CouplingOrdered(List.of(BLOCK)),
          new RunEvent.LayerSettled(
              new LayerLibrary(
                  1,
                  List.of(),
                  List.of(new LayerLibrary.Pair(BLOCK, REF, 0.25, 0.125)),
                  List.of(new ScoredBlock(BLOCK, Score.measured(0.125, 0), true)),
                  List.of(),
                  true)));
}
