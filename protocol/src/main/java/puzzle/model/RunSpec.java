package puzzle.model;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A run file with every default filled in: all a task needs to know besides the task itself.
 *
 * <p>What differs from another run or from the defaults is set by name, in a {@link RunDraft}:
 * {@code spec.with(s -> s.seed = 4)}.
 *
 * @param parent folder of the parent's checkpoint
 * @param store folder of the run; every {@link CheckpointRef} is relative to it
 * @param seed of all that is drawn at random
 * @param precision of products and attention
 * @param parts that long tasks are done in; of run file and parent, not of devices, on which no
 *     result depends
 */
public record RunSpec(
    RunId id,
    String parent,
    String store,
    long seed,
    Precision precision,
    Corpus corpus,
    SearchSpace space,
    Bld bld,
    Scoring scoring,
    Profiling profiling,
    Target target,
    Gkd gkd,
    RetryPolicy retries,
    Parts parts) {

  public RunSpec {
    parts = parts == null ? Parts.ONE : parts;
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(precision, "precision");
    Objects.requireNonNull(space, "space");
    Objects.requireNonNull(target, "target");
  }

  /** A run of the defaults, changed; id, parent, store, corpus, space and target have none. */
  public static RunSpec of(Consumer<RunDraft> change) {
    return new RunDraft().with(change);
  }

  /** This run with some things changed. */
  public RunSpec with(Consumer<RunDraft> change) {
    return new RunDraft().changed(this, change);
  }

  /** How many parts a long task is done in, each a task of its own; 1 for undivided. */
  public record Parts(int recording, int evaluation, int export) {

    /** What a small model needs. */
    public static final Parts ONE = new Parts(1, 1, 1);
  }

  /**
   * Text to calibrate, train and validate on, split by document.
   *
   * @param sources at least one; either none of them has a weight, and their documents are one
   *     pool, or all have
   * @param validationShare share of documents held out
   * @param sequenceTokens length of the packed sequences
   * @param packing which documents share a sequence
   * @param bos the token before each document: {@link #AUTO}, {@link #NONE} or its text
   * @param separator the token after each document, likewise
   */
  public record Corpus(
      List<Source> sources,
      double validationShare,
      int sequenceTokens,
      Packing packing,
      String bos,
      String separator) {

    /** As the parent's tokenizer has it. */
    public static final String AUTO = "auto";

    public static final String NONE = "none";

    /** Which documents share a sequence. */
    public enum Packing {
      /** Documents stand end to end; attention sees those before. */
      JOINED,
      /** A sequence is of one document; what does not fill one is left out. */
      APART
    }

    /**
     * Where text comes from.
     *
     * @param path a file, a folder, a pattern with {@code *}, or {@code classpath:} and a resource
     * @param field of its records that holds the text or the messages, {@code meta.body} if nested
     * @param weight its share of the tokens is this by the sum of all weights; 0 if none was given
     */
    public record Source(String path, String field, double weight) {

      public static final String TEXT = "text";

      public Source {
        if (path.isBlank() || field.isBlank() || !(weight >= 0 && weight < 1e9)) {
          throw new IllegalArgumentException(
              "a source of path '%s', field '%s', weight %s.\nMaybe give each a path."
                  .formatted(path, field, weight));
        }
      }
    }

    public Corpus {
      sources = List.copyOf(sources);
      long weighted = sources.stream().filter(s -> s.weight() > 0).count();
      if (weighted != 0 && weighted != sources.size()) {
        throw new IllegalArgumentException(
            "%d of %d sources have a weight.\nMaybe give each one, or none."
                .formatted(weighted, sources.size()));
      }
    }

    /** Text of one place, all else by default. */
    public static Corpus of(String path, double validationShare, int sequenceTokens) {
      return new RunDraft.Corpus()
          .with(
              c -> {
                c.sources = List.of(new Source(path, Source.TEXT, 0));
                c.validationShare = validationShare;
                c.sequenceTokens = sequenceTokens;
              });
    }

    public Corpus with(Consumer<RunDraft.Corpus> change) {
      return new RunDraft.Corpus().changed(this, change);
    }
  }

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

    public static final Bld DEFAULT = new RunDraft.Bld().build();

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
      if (batch > sequences) {
        throw new IllegalArgumentException(
            "a step takes %d sequences, the tape has %d.\nMaybe make batch at most %d."
                .formatted(batch, sequences, sequences));
      }
    }

    public Bld with(Consumer<RunDraft.Bld> change) {
      return new RunDraft.Bld().changed(this, change);
    }
  }

  /**
   * What a long BLD needs to come to its end.
   *
   * @param microBatch sequences per forward and backward pass; gradients are added up to the batch,
   *     0 for the whole batch at once
   * @param evaluateSteps the held-out loss is measured every {@code evaluateSteps} steps; if
   *     training diverges it rolls back to the last such point; 0 for at the end alone
   * @param patience training ends once the held-out loss has not fallen for {@code patience}
   *     measurements; 0 for never
   * @param checkpointSteps a checkpoint is written every {@code checkpointSteps} steps; 0 for never
   * @param tapeBytes of training states kept on disk, the others are made again from the parent; 0
   *     for no limit
   */
  public record Safeguards(
      int microBatch, int evaluateSteps, int patience, int checkpointSteps, long tapeBytes) {

    public static final Safeguards DEFAULT = new RunDraft.Safeguards().build();

    /** One pass per step and nothing kept on the way. */
    public static final Safeguards NONE = new Safeguards(0, 0, 0, 0, 0);

    public Safeguards with(Consumer<RunDraft.Safeguards> change) {
      return new RunDraft.Safeguards().changed(this, change);
    }
  }

  /**
   * Scoring by replacement of one block (section 4.2) and of all.
   *
   * @param sequences of the held-out documents that scores are measured on
   * @param evaluationSequences further ones, for the quality of whole models
   * @param batch sequences per forward pass
   * @param metric what the solver minimises
   * @param topK a token counts as predicted if it is among the {@code topK} likeliest
   * @param benchmark prompts to be answered, a file of JSON lines, or {@code name:argument} of a
   *     benchmark that is installed; null for none
   * @param candidates architectures of the solver that are assembled and measured before one of
   *     them is taken; with 0 or 1 the solver's best is taken unmeasured
   * @param candidateSequences further sequences, which candidates are measured on; 0 for as many as
   *     scores are
   */
  public record Scoring(
      int sequences,
      int evaluationSequences,
      int batch,
      Score.Metric metric,
      int topK,
      String benchmark,
      int candidates,
      int candidateSequences) {

    public static final Scoring DEFAULT = new RunDraft.Scoring().build();

    public Scoring {
      if (metric == Score.Metric.BENCHMARK && benchmark == null) {
        throw new IllegalArgumentException(
            "the metric is benchmark, scoring.benchmark is missing.\nMaybe name a file of prompts.");
      }
    }

    /** Sequences that candidates are measured on; 0 if none is measured. */
    public int selectionSequences() {
      return candidates <= 1 ? 0 : candidateSequences == 0 ? sequences : candidateSequences;
    }

    public Scoring with(Consumer<RunDraft.Scoring> change) {
      return new RunDraft.Scoring().changed(this, change);
    }
  }

  /**
   * Measuring costs (section 4.1).
   *
   * @param warmups untimed runs before them
   * @param repetitions timed runs per variant; the median counts
   */
  public record Profiling(int warmups, int repetitions) {

    public static final Profiling DEFAULT = new RunDraft.Profiling().build();
  }

  /**
   * Global distillation (section 4.3).
   *
   * <p>The batch is dealt to shards, each with a child of its own; after every round the children
   * and their optimisers' moments are averaged. The number of shards shows in the result, the
   * number of devices does not.
   *
   * @param losses none leaves the child as it is
   * @param batch sequences per step, of all shards together
   * @param checkpointSteps steps of a round; its end is durable
   * @param microBatch sequences whose gradients are computed at once, then added up; 0 for all of a
   *     shard's
   * @param temperature of the distributions that {@link Loss#KLD} compares
   * @param shards that train side by side; divides the batch
   * @param evaluateSteps held-out KL is measured at the first round's end after every {@code
   *     evaluateSteps} steps and at both ends of the training; 0 for never
   */
  public record Gkd(
      Set<Loss> losses,
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

    public static final Gkd DEFAULT = new RunDraft.Gkd().build();

    /** What the child is trained to lower; their sum if there are several. */
    public enum Loss {
      /** Next-token loss. */
      @JsonProperty("lm")
      LM,
      /** Cosine distance of the layers' hidden states from the parent's. */
      @JsonProperty("cosine")
      COSINE,
      /** KL divergence of the logits from the parent's. */
      @JsonProperty("kld")
      KLD
    }

    public Gkd {
      losses = ordered(losses);
      if (batch % shards != 0) {
        throw new IllegalArgumentException(
            "%d sequences cannot be dealt to %d shards evenly.\nMaybe make batch a multiple of %d."
                .formatted(batch, shards, shards));
      }
    }

    public int rounds() {
      return losses.isEmpty() ? 0 : (steps + checkpointSteps - 1) / checkpointSteps;
    }

    /** Steps done before the given round, counted from 0; all of them after the last. */
    public int stepsBefore(int round) {
      return Math.min(steps, round * checkpointSteps);
    }

    /**
     * Whether held-out KL is measured before the given round: before the first, after the last and
     * on the way as often as was asked for. The best child measured is what is left in the end.
     */
    public boolean evaluatesBefore(int round) {
      boolean asked = evaluateSteps > 0;
      if (round == 0 || round == rounds()) {
        return asked || rounds() > 0;
      }
      return asked && stepsBefore(round) / evaluateSteps > stepsBefore(round - 1) / evaluateSteps;
    }

    /** Sequences whose gradients a shard computes at once. */
    public int passSequences() {
      return microBatch == 0 ? batch / shards : microBatch;
    }

    public Gkd with(Consumer<RunDraft.Gkd> change) {
      return new RunDraft.Gkd().changed(this, change);
    }

    /** In the enum's order, whatever order they were given in: a run has one spelling. */
    private static Set<Loss> ordered(Collection<Loss> losses) {
      EnumSet<Loss> set = EnumSet.noneOf(Loss.class);
      set.addAll(losses);
      return Collections.unmodifiableSet(set);
    }
  }
}
