package puzzle.model;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Optional;

/**
 * How much worse the parent gets with one block replaced (section 4.2): larger is worse, whatever
 * the metric, so the solver always minimises. Never NaN or infinite: such a measurement is a {@link
 * Failure}, not a score.
 *
 * @param value what the solver minimises, in the unit of the run's metric
 * @param standardError of the mean over sequences, same unit; 0 if unknown
 * @param measures all that the same pass measured; a score of an earlier version was a KL
 *     divergence
 */
public record Score(double value, double standardError, Kind kind, List<Measure> measures) {

  /** Where a score comes from. */
  public enum Kind {
    /** Sum of the two subblocks' own scores: a proxy until the composed block is measured. */
    PREDICTED,
    /** Measured with exactly this block in the parent. */
    MEASURED
  }

  /** What can be compared between the parent and a modified model. */
  public enum Metric {
    /** Mean over tokens of KL(parent || modified), nats per token. */
    @JsonProperty("kl")
    KL("kl"),
    /** Next-token loss above the parent's, nats per token. */
    @JsonProperty("lm-loss")
    LM_LOSS("lm-loss"),
    /** Share of tokens among the k likeliest, below the parent's. */
    @JsonProperty("top-k")
    TOP_K("top-k"),
    /** Mean grade of the run's benchmark, 0 to 1, below the parent's. */
    @JsonProperty("benchmark")
    BENCHMARK("benchmark");

    private final String label;

    Metric(String label) {
      this.label = label;
    }

    /** Its name in run files and tables. */
    public String label() {
      return label;
    }
  }

  /**
   * One metric's value.
   *
   * @param standardError of the mean over sequences (over items for a benchmark)
   */
  public record Measure(Metric metric, double value, double standardError) {
    public Measure {
      check(value, standardError);
    }
  }

  public Score {
    check(value, standardError);
    measures =
        measures != null
            ? List.copyOf(measures)
            : kind == Kind.MEASURED
                ? List.of(new Measure(Metric.KL, value, standardError))
                : List.of();
  }

  /** A KL divergence. */
  public static Score measured(double value, double standardError) {
    return new Score(value, standardError, Kind.MEASURED, null);
  }

  /**
   * The score by one of the metrics measured.
   *
   * @throws IllegalArgumentException if it is not among them
   */
  public static Score measured(Metric metric, List<Measure> measures) {
    Measure chosen =
        find(metric, measures)
            .orElseThrow(() -> new IllegalArgumentException(metric.label() + " was not measured"));
    return new Score(chosen.value(), chosen.standardError(), Kind.MEASURED, measures);
  }

  public static Score predicted(double value) {
    return new Score(value, 0, Kind.PREDICTED, List.of());
  }

  public Optional<Measure> measure(Metric metric) {
    return find(metric, measures);
  }

  /** One metric's among several. */
  public static Optional<Measure> find(Metric metric, List<Measure> measures) {
    return measures.stream().filter(m -> m.metric() == metric).findFirst();
  }

  private static void check(double value, double standardError) {
    if (!Double.isFinite(value) || !Double.isFinite(standardError) || standardError < 0) {
      throw new IllegalArgumentException(
          "a score is a finite number, not " + value + " ± " + standardError);
    }
  }
}
