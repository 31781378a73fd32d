package puzzle.model;

import java.util.List;
import java.util.Objects;

/**
 * A run file with every default filled in: all a task needs to know besides the task itself.
 *
 * @param parent folder of the parent's checkpoint
 * @param store folder of the run; every {@link CheckpointRef} is relative to it
 * @param seed of all that is drawn at random
 */
public record RunSpec(
    RunId id,
    String parent,
    String store,
    long seed,
    Corpus corpus,
    SearchSpace space,
    Bld bld,
    Scoring scoring,
    Profiling profiling,
    Target target,
    Gkd gkd,
    RetryPolicy retries) {

  public RunSpec {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(space, "space");
    Objects.requireNonNull(target, "target");
  }

  /** The same run with another target. */
  public RunSpec withTarget(Target other) {
    return new RunSpec(
        id, parent, store, seed, corpus, space, bld, scoring, profiling, other, gkd, retries);
  }

  /**
   * Text to calibrate, train and validate on, split by document.
   *
   * @param source a file, a folder, or {@code classpath:} and a resource
   * @param validationShare share of documents held out
   * @param sequenceTokens length of the packed sequences
   */
  public record Corpus(String source, double validationShare, int sequenceTokens) {}

  /**
   * Blockwise local distillation (section 3).
   *
   * @param sequences recorded on the tape, packed
   * @param batch sequences per step
   * @param steps optimiser steps per variant
   * @param warmupSteps linear warm-up, then cosine decay to a tenth
   * @param mode what is trained together
   * @param keep blocks per layer, at most, that the second stage trains as a whole
   * @param safeguards of long trainings
   */
  public record Bld(
      int sequences,
      int batch,
      int steps,
      int warmupSteps,
      double learningRate,
      double weightDecay,
      double clipNorm,
      Mode mode,
      int keep,
      Safeguards safeguards) {

    /** What is trained together (section 3). */
    public enum Mode {
      /** Each variant by itself: (m + n) jobs a layer. */
      DECOUPLED,
      /** Each pair of variants: m * n jobs a layer. */
      COUPLED,
      /** Each variant by itself, then the pairs that solutions use. */
      TWO_STAGE
    }

    public Bld {
      mode = mode == null ? Mode.DECOUPLED : mode;
      safeguards = safeguards == null ? Safeguards.NONE : safeguards;
    }

    /** Decoupled, one pass per step and nothing kept on the way. */
    public Bld(
        int sequences,
        int batch,
        int steps,
        int warmupSteps,
        double learningRate,
        double weightDecay,
        double clipNorm) {
      this(
          sequences,
          batch,
          steps,
          warmupSteps,
          learningRate,
          weightDecay,
          clipNorm,
          Mode.DECOUPLED,
          0);
    }

    /** One pass per step and nothing kept on the way. */
    public Bld(
        int sequences,
        int batch,
        int steps,
        int warmupSteps,
        double learningRate,
        double weightDecay,
        double clipNorm,
        Mode mode,
        int keep) {
      this(
          sequences,
          batch,
          steps,
          warmupSteps,
          learningRate,
          weightDecay,
          clipNorm,
          mode,
          keep,
          Safeguards.NONE);
    }

    /** The same with other safeguards. */
    public Bld with(Safeguards other) {
      return new Bld(
          sequences,
          batch,
          steps,
          warmupSteps,
          learningRate,
          weightDecay,
          clipNorm,
          mode,
          keep,
          other);
    }
  }

  /**
   * What a long BLD needs to come to its end.
   *
   * @param microBatch sequences per forward and backward pass; gradients are added up to the batch,
   *     0 for the whole batch at once
   * @param evaluateSteps the held-out loss is measured each time so many steps are done, and what
   *     was reached is what a training that diverges goes back to; 0 for at the end alone
   * @param patience a training whose held-out loss has not fallen for so many evaluations ends; 0
   *     for never
   * @param checkpointSteps a checkpoint is written each time so many steps are done; 0 for never
   * @param tapeBytes of training states kept on disk, the others are made again from the parent; 0
   *     for no limit
   */
  public record Safeguards(
      int microBatch, int evaluateSteps, int patience, int checkpointSteps, long tapeBytes) {

    public static final Safeguards NONE = new Safeguards(0, 0, 0, 0, 0);

    /** The same with fewer sequences per pass. */
    public Safeguards withMicroBatch(int sequences) {
      return new Safeguards(sequences, evaluateSteps, patience, checkpointSteps, tapeBytes);
    }
  }

  /**
   * Scoring by replacement of one block (section 4.2) and of all.
   *
   * @param sequences of the held-out documents that scores are measured on
   * @param evaluationSequences further ones, for the quality of whole models
   * @param batch sequences per forward pass
   * @param metric what the solver minimises
   * @param topK a token counts as predicted where it is among so many likeliest
   * @param task prompts to be answered, a file of JSON lines, or {@code name:argument} of a task
   *     that is installed; null for none
   * @param candidates architectures of the solver that are assembled and measured before one of
   *     them is taken; with 0 or 1 the solver's best is taken unmeasured
   * @param candidateSequences further sequences, which candidates are measured on
   */
  public record Scoring(
      int sequences,
      int evaluationSequences,
      int batch,
      Score.Metric metric,
      int topK,
      String task,
      int candidates,
      int candidateSequences) {

    public Scoring {
      metric = metric == null ? Score.Metric.KL : metric;
      topK = Math.max(1, topK);
      candidateSequences = candidates > 1 ? candidateSequences : 0;
    }

    /** By KL divergence alone; no candidates. */
    public Scoring(int sequences, int evaluationSequences, int batch) {
      this(sequences, evaluationSequences, batch, Score.Metric.KL, 1, null, 0, 0);
    }
  }

  /**
   * Measuring costs (section 4.1).
   *
   * @param repetitions timed runs per variant; the median counts
   */
  public record Profiling(int warmups, int repetitions) {}

  /**
   * Global distillation (section 4.3).
   *
   * <p>The batch is dealt to shards, each with a child of its own; after every round the children
   * and their optimisers' moments are averaged. How many devices there are does not show in the
   * result, the number of shards does.
   *
   * @param losses any of {@code lm}, {@code cosine}, {@code kld}; none leaves the child as it is
   * @param batch sequences per step, of all shards together
   * @param checkpointSteps steps of a round; its end is durable
   * @param microBatch sequences whose gradients are computed at once, then added up
   * @param temperature of the distributions that {@code kld} compares
   * @param shards that train side by side; divides the batch
   * @param evaluateSteps held-out KL is measured at the first round's end after each so many steps
   *     and at both ends of the training; 0 for never
   */
  public record Gkd(
      List<String> losses,
      int batch,
      int steps,
      int warmupSteps,
      double learningRate,
      double weightDecay,
      double clipNorm,
      int checkpointSteps,
      int microBatch,
      double temperature,
      int shards,
      int evaluateSteps) {

    public Gkd {
      losses = List.copyOf(losses);
      shards = Math.max(1, shards);
      temperature = temperature == 0 ? 1 : temperature;
      if (batch % shards != 0) {
        throw new IllegalArgumentException(
            "%d sequences cannot be dealt to %d shards evenly.\nMaybe make batch a multiple of %d."
                .formatted(batch, shards, shards));
      }
      microBatch = microBatch == 0 ? batch / shards : microBatch;
    }

    /** With everything that came later left at its default. */
    public Gkd(
        List<String> losses,
        int batch,
        int steps,
        int warmupSteps,
        double learningRate,
        double weightDecay,
        double clipNorm,
        int checkpointSteps) {
      this(
          losses,
          batch,
          steps,
          warmupSteps,
          learningRate,
          weightDecay,
          clipNorm,
          checkpointSteps,
          0,
          1,
          1,
          0);
    }

    public int rounds() {
      return losses.isEmpty() ? 0 : (steps + checkpointSteps - 1) / checkpointSteps;
    }

    /** Steps done before the given round, counted from 0; all of them after the last. */
    public int stepsBefore(int round) {
      return Math.min(steps, round * checkpointSteps);
    }

    /** Whether held-out KL is measured before the given round. */
    public boolean evaluatesBefore(int round) {
      return evaluateSteps > 0
          && (round == 0
              || round == rounds()
              || stepsBefore(round) / evaluateSteps > stepsBefore(round - 1) / evaluateSteps);
    }
  }
}
