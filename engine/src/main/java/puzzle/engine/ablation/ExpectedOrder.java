package puzzle.engine.ablation;

import static puzzle.engine.ablation.Measurement.KL;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Two cells and which of them should end nearer to the parent.
 *
 * <p>Per seed, the difference of the two final divergences, mean over the limits at which both have
 * an architecture; seeds share data, library and evaluation between the cells, so the difference is
 * paired. Its standard error over the seeds is the error bar that decides.
 *
 * @param strict false if equal is good enough
 */
public record ExpectedOrder(Table table, String better, String worse, boolean strict) {

  /** What a comparison came to. */
  public enum Verdict {
    HELD("held"),
    TIED("tied"),
    REVERSED("NOT held");

    private final String text;

    Verdict(String text) {
      this.text = text;
    }

    @Override
    public String toString() {
      return text;
    }
  }

  /**
   * @param difference worse minus better, nats per token: positive where the order holds
   */
  public record Outcome(
      ExpectedOrder order, MeanWithError better, MeanWithError worse, MeanWithError difference) {

    public Verdict verdict() {
      double d = difference.mean();
      return d > difference.error()
          ? Verdict.HELD
          : d >= -difference.error() ? Verdict.TIED : Verdict.REVERSED;
    }

    /** Whether the study bears the order out. */
    public boolean holds() {
      return verdict() == Verdict.HELD || verdict() == Verdict.TIED && !order.strict();
    }

    /** The verdict, in a few words. */
    String words() {
      return verdict() == Verdict.TIED && holds() ? "held: a tie" : verdict().toString();
    }
  }

  static final String REST = "best of the others";

  public static final List<ExpectedOrder> ALL =
      List.of(
          new ExpectedOrder(Table.OPTIMISER, "solver", "greedy", true),
          new ExpectedOrder(Table.OPTIMISER, "greedy", "random", true),
          new ExpectedOrder(Table.OPTIMISER, "solver", "maximum parameters", true),
          new ExpectedOrder(Table.SPACE, "full space", "no-op only", true),
          new ExpectedOrder(Table.METRIC, "KL", "LM loss", false),
          new ExpectedOrder(Table.BUDGET, "full budget", "no BLD", true),
          new ExpectedOrder(Table.BUDGET, "full budget", "1/4", true),
          new ExpectedOrder(Table.DATA, "broad mix", "one genre", true),
          new ExpectedOrder(Table.TASK, "scored on the task", "scored on all", false),
          new ExpectedOrder(Table.COUPLING, "two-stage", "decoupled", false),
          new ExpectedOrder(Table.COUPLING, "two-stage", "decoupled, reduced space", false),
          new ExpectedOrder(Table.COUPLING, "two-stage, same tokens", "decoupled", false),
          new ExpectedOrder(Table.LIBRARY, "chosen", "random choice", true),
          new ExpectedOrder(Table.LIBRARY, "random choice", "random weights", true),
          new ExpectedOrder(Table.GKD, "GKD", "none", true),
          new ExpectedOrder(Table.LOSSES, "cosine+KLD", REST, false));

  /** All orders whose tables were measured. */
  public static List<Outcome> outcomes(List<Measurement> measurements) {
    List<Outcome> outcomes = new ArrayList<>();
    for (ExpectedOrder order : ALL) {
      Map<String, Map<Double, Map<Long, Double>>> cells = cells(order.table(), measurements);
      ExpectedOrder named = order.worse().equals(REST) ? order.againstBest(cells) : order;
      if (cells.containsKey(named.better()) && cells.containsKey(named.worse())) {
        outcomes.add(named.outcome(cells));
      }
    }
    return outcomes;
  }

  /** Final divergences by cell, limit and seed. */
  static Map<String, Map<Double, Map<Long, Double>>> cells(
      Table table, List<Measurement> measurements) {
    Map<String, Map<Double, Map<Long, Double>>> cells = new LinkedHashMap<>();
    for (Measurement m : measurements) {
      if (m.table() == table && m.metric().equals(KL)) {
        cells
            .computeIfAbsent(m.cell(), c -> new TreeMap<>())
            .computeIfAbsent(m.limit(), l -> new TreeMap<>())
            .put(m.seed(), m.value());
      }
    }
    return cells;
  }

  /** Of the limits that both were measured at, the one that comes nearest. */
  private ExpectedOrder againstBest(Map<String, Map<Double, Map<Long, Double>>> cells) {
    if (!cells.containsKey(better)) {
      return this;
    }
    return cells.keySet().stream()
        .filter(cell -> !cell.equals(better))
        .map(cell -> new ExpectedOrder(table, better, cell, strict))
        .min(Comparator.comparingDouble(order -> order.outcome(cells).difference().mean()))
        .orElse(this);
  }

  private Outcome outcome(Map<String, Map<Double, Map<Long, Double>>> cells) {
    Map<Double, Map<Long, Double>> a = cells.get(better);
    Map<Double, Map<Long, Double>> b = cells.get(worse);
    Map<Long, List<double[]>> pairs = new TreeMap<>();
    Set<Double> limits = new TreeSet<>(a.keySet());
    limits.retainAll(b.keySet());
    for (double limit : limits) {
      a.get(limit)
          .forEach(
              (seed, value) -> {
                Double other = b.get(limit).get(seed);
                if (other != null) {
                  pairs
                      .computeIfAbsent(seed, s -> new ArrayList<>())
                      .add(new double[] {value, other});
                }
              });
    }
    List<Double> first = new ArrayList<>();
    List<Double> second = new ArrayList<>();
    List<Double> difference = new ArrayList<>();
    for (List<double[]> seed : pairs.values()) {
      double x = seed.stream().mapToDouble(p -> p[0]).average().orElseThrow();
      double y = seed.stream().mapToDouble(p -> p[1]).average().orElseThrow();
      first.add(x);
      second.add(y);
      difference.add(y - x);
    }
    return new Outcome(
        this, MeanWithError.of(first), MeanWithError.of(second), MeanWithError.of(difference));
  }
}
