package puzzle.model;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * A {@link RunSpec} while it is put together, field by field, and likewise its parts. The fields
 * start at the defaults of a run file, which stand here and nowhere else; what has none starts at
 * null.
 */
public final class RunDraft extends Draft<RunSpec, RunDraft> {
  public RunId id;
  public String parent;
  public String store;
  public long seed = 1;
  public Precision precision = Precision.AUTO;
  public RunSpec.Corpus corpus;
  public SearchSpace space;
  public RunSpec.Bld bld = RunSpec.Bld.DEFAULT;
  public RunSpec.Scoring scoring = RunSpec.Scoring.DEFAULT;
  public RunSpec.Profiling profiling = RunSpec.Profiling.DEFAULT;
  public Target target;
  public RunSpec.Gkd gkd = RunSpec.Gkd.DEFAULT;
  public RetryPolicy retries = RetryPolicy.DEFAULT;
  public RunSpec.Parts parts = RunSpec.Parts.ONE;

  public RunDraft() {
    super(RunSpec.class);
  }

  /** {@link RunSpec.Corpus}. */
  public static final class Corpus extends Draft<RunSpec.Corpus, Corpus> {
    public List<RunSpec.Corpus.Source> sources = List.of();
    public double validationShare = 0.05;
    public int sequenceTokens = 256;
    public RunSpec.Corpus.Packing packing = RunSpec.Corpus.Packing.JOINED;
    public String bos = RunSpec.Corpus.AUTO;
    public String separator = RunSpec.Corpus.AUTO;

    public Corpus() {
      super(RunSpec.Corpus.class);
    }
  }

  /** {@link RunSpec.Bld}. */
  public static final class Bld extends Draft<RunSpec.Bld, Bld> {
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

    public Bld() {
      super(RunSpec.Bld.class);
    }
  }

  /** {@link RunSpec.Safeguards}. */
  public static final class Safeguards extends Draft<RunSpec.Safeguards, Safeguards> {
    public int microBatch;
    public int evaluateSteps = 100;
    public int patience = 3;
    public int checkpointSteps = 500;
    public long tapeBytes;

    public Safeguards() {
      super(RunSpec.Safeguards.class);
    }
  }

  /** {@link RunSpec.Scoring}. */
  public static final class Scoring extends Draft<RunSpec.Scoring, Scoring> {
    public int sequences = 32;
    public int evaluationSequences = 64;
    public int batch = 8;
    public Score.Metric metric = Score.Metric.KL;
    public int topK = 1;
    public String benchmark;
    public int candidates = 5;
    public int candidateSequences;

    public Scoring() {
      super(RunSpec.Scoring.class);
    }
  }

  /** {@link RunSpec.Profiling}. */
  public static final class Profiling extends Draft<RunSpec.Profiling, Profiling> {
    public int warmups = 2;
    public int repetitions = 9;

    public Profiling() {
      super(RunSpec.Profiling.class);
    }
  }

  /** {@link RunSpec.Gkd}. */
  public static final class Gkd extends Draft<RunSpec.Gkd, Gkd> {
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

    public Gkd() {
      super(RunSpec.Gkd.class);
    }
  }
}
