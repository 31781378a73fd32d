package puzzle.model;

import java.util.EnumSet;
import java.util.Set;

/**
 * A {@link RunSpec} while it is put together, field by field, and likewise its parts. The fields
 * start at the defaults of a run file, which stand here and nowhere else; what has none starts at
 * null.
 */
public final class RunDraft {
  public RunId id;
  public String parent;
  public String store;
  public long seed = 1;
  public RunSpec.Corpus corpus;
  public SearchSpace space;
  public RunSpec.Bld bld = RunSpec.Bld.DEFAULT;
  public RunSpec.Scoring scoring = RunSpec.Scoring.DEFAULT;
  public RunSpec.Profiling profiling = RunSpec.Profiling.DEFAULT;
  public Target target;
  public RunSpec.Gkd gkd = RunSpec.Gkd.DEFAULT;
  public RetryPolicy retries = RetryPolicy.DEFAULT;

  public RunDraft() {}

  RunDraft(RunSpec from) {
    id = from.id();
    parent = from.parent();
    store = from.store();
    seed = from.seed();
    corpus = from.corpus();
    space = from.space();
    bld = from.bld();
    scoring = from.scoring();
    profiling = from.profiling();
    target = from.target();
    gkd = from.gkd();
    retries = from.retries();
  }

  public RunSpec build() {
    return new RunSpec(
        id, parent, store, seed, corpus, space, bld, scoring, profiling, target, gkd, retries);
  }

  /** {@link RunSpec.Corpus}. */
  public static final class Corpus {
    public String source;
    public double validationShare = 0.05;
    public int sequenceTokens = 256;

    public Corpus() {}

    Corpus(RunSpec.Corpus from) {
      source = from.source();
      validationShare = from.validationShare();
      sequenceTokens = from.sequenceTokens();
    }

    public RunSpec.Corpus build() {
      return new RunSpec.Corpus(source, validationShare, sequenceTokens);
    }
  }

  /** {@link RunSpec.Bld}. */
  public static final class Bld {
    public int sequences = 256;
    public int batch = 8;
    public int steps = 60;
    public int warmupSteps = 5;
    public double learningRate = 2e-3;
    public double weightDecay = 0.01;
    public double clipNorm = 1;
    public RunSpec.Bld.Mode mode = RunSpec.Bld.Mode.TWO_STAGE;
    public int keep = 4;
    public RunSpec.Safeguards safeguards = RunSpec.Safeguards.DEFAULT;

    public Bld() {}

    Bld(RunSpec.Bld from) {
      sequences = from.sequences();
      batch = from.batch();
      steps = from.steps();
      warmupSteps = from.warmupSteps();
      learningRate = from.learningRate();
      weightDecay = from.weightDecay();
      clipNorm = from.clipNorm();
      mode = from.mode();
      keep = from.keep();
      safeguards = from.safeguards();
    }

    public RunSpec.Bld build() {
      return new RunSpec.Bld(
          sequences,
          batch,
          steps,
          warmupSteps,
          learningRate,
          weightDecay,
          clipNorm,
          mode,
          keep,
          safeguards);
    }
  }

  /** {@link RunSpec.Safeguards}. */
  public static final class Safeguards {
    public int microBatch;
    public int evaluateSteps = 100;
    public int patience = 3;
    public int checkpointSteps = 500;
    public long tapeBytes;

    public Safeguards() {}

    Safeguards(RunSpec.Safeguards from) {
      microBatch = from.microBatch();
      evaluateSteps = from.evaluateSteps();
      patience = from.patience();
      checkpointSteps = from.checkpointSteps();
      tapeBytes = from.tapeBytes();
    }

    public RunSpec.Safeguards build() {
      return new RunSpec.Safeguards(
          microBatch, evaluateSteps, patience, checkpointSteps, tapeBytes);
    }
  }

  /** {@link RunSpec.Scoring}. */
  public static final class Scoring {
    public int sequences = 32;
    public int evaluationSequences = 64;
    public int batch = 8;
    public Score.Metric metric = Score.Metric.KL;
    public int topK = 1;
    public String benchmark;
    public int candidates = 5;
    public int candidateSequences;

    public Scoring() {}

    Scoring(RunSpec.Scoring from) {
      sequences = from.sequences();
      evaluationSequences = from.evaluationSequences();
      batch = from.batch();
      metric = from.metric();
      topK = from.topK();
      benchmark = from.benchmark();
      candidates = from.candidates();
      candidateSequences = from.candidateSequences();
    }

    public RunSpec.Scoring build() {
      return new RunSpec.Scoring(
          sequences,
          evaluationSequences,
          batch,
          metric,
          topK,
          benchmark,
          candidates,
          candidateSequences);
    }
  }

  /** {@link RunSpec.Profiling}. */
  public static final class Profiling {
    public int warmups = 2;
    public int repetitions = 9;

    public Profiling() {}

    Profiling(RunSpec.Profiling from) {
      warmups = from.warmups();
      repetitions = from.repetitions();
    }

    public RunSpec.Profiling build() {
      return new RunSpec.Profiling(warmups, repetitions);
    }
  }

  /** {@link RunSpec.Gkd}. */
  public static final class Gkd {
    public Set<RunSpec.Gkd.Loss> losses = EnumSet.of(RunSpec.Gkd.Loss.COSINE, RunSpec.Gkd.Loss.KLD);
    public int batch = 8;
    public int steps = 200;
    public int warmupSteps = 10;
    public double learningRate = 5e-4;
    public double weightDecay = 0.01;
    public double clipNorm = 1;
    public int checkpointSteps = 25;
    public int microBatch;
    public double temperature = 1;
    public int shards = 1;
    public int evaluateSteps;

    public Gkd() {}

    Gkd(RunSpec.Gkd from) {
      losses = from.losses();
      batch = from.batch();
      steps = from.steps();
      warmupSteps = from.warmupSteps();
      learningRate = from.learningRate();
      weightDecay = from.weightDecay();
      clipNorm = from.clipNorm();
      checkpointSteps = from.checkpointSteps();
      microBatch = from.microBatch();
      temperature = from.temperature();
      shards = from.shards();
      evaluateSteps = from.evaluateSteps();
    }

    public RunSpec.Gkd build() {
      return new RunSpec.Gkd(
          losses,
          batch,
          steps,
          warmupSteps,
          learningRate,
          weightDecay,
          clipNorm,
          checkpointSteps,
          microBatch,
          temperature,
          shards,
          evaluateSteps);
    }
  }
}
