package puzzle.engine.solve.studies;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import puzzle.engine.solve.IncrementalSolver;
import puzzle.engine.solve.Row;
import puzzle.engine.solve.Solution;
import puzzle.engine.solve.SolveBudget;
import puzzle.engine.solve.SolverTable;

/**
 * Which blocks to score next, and when to stop scoring.
 *
 * <p>Give every block that is not scored an optimistic score, and let z be a lower bound of that
 * optimistic table. If each optimistic score is no more than the true one, z bounds the optimum of
 * the full table, though part of it was never scored. A block whose reduced cost lifts z to the
 * incumbent (the best architecture of scored blocks) can never matter. The blocks of the optimistic
 * optimum matter most: either they turn out as good as hoped and the incumbent improves, or the
 * bound rises. When the optimistic optimum holds scored blocks only, it is the incumbent: finished.
 *
 * <p>Where optimistic scores come from decides what "finished" means. A fraction of the sum of the
 * halves' scores that no block undercuts gives a <em>proof</em>. A prediction with an interval,
 * learned from the scores so far, gives a <em>confidence</em>, for far fewer scores.
 */
public final class ScoringOrder {

  /** What an ending rests on. */
  public enum Basis {
    PROOF,
    CONFIDENCE
  }

  /**
   * A block to score.
   *
   * @param gain how much better than the incumbent an architecture with it could be, at most
   */
  public record Request(int layer, int item, double gain) {}

  /**
   * What is known without the missing scores.
   *
   * @param incumbent best architecture of scored blocks
   * @param bound optimistic lower bound of the full table
   * @param gap relative, between the two
   * @param basis what the bound rests on
   */
  public record Certificate(Solution incumbent, double bound, double gap, Basis basis) {}

  /** Optimistic score of a block that is not scored; NaN for one that cannot be had. */
  public interface Optimism {
    double of(int layer, int item);

    Basis basis();

    /** Called after new scores; the values may change. */
    default boolean learn(SolverTable scored) {
      return false;
    }
  }

  private SolverTable scored;
  private final List<Row> rows;
  private final Optimism optimism;
  private final IncrementalSolver known;
  private IncrementalSolver optimistic;
  private Solution hoped;

  public ScoringOrder(SolverTable scored, List<Row> rows, Optimism optimism) {
    this.scored = scored;
    this.rows = rows;
    this.optimism = optimism;
    this.known = new IncrementalSolver(scored, rows);
    optimism.learn(scored);
    this.optimistic = new IncrementalSolver(hopeful(), rows);
  }

  private SolverTable hopeful() {
    return scored.withScores(
        (g, j) -> scored.hasScore(g, j) ? scored.score(g, j) : optimism.of(g, j));
  }

  /** A score arrived. */
  public void scored(int layer, int item, double score) {
    scored = scored.withScore(layer, item, score);
    known.put(layer, item, score);
    optimistic.put(layer, item, score);
  }

  /** Lets the optimism learn from all scores so far. */
  public void learn() {
    if (optimism.learn(scored)) {
      optimistic = new IncrementalSolver(hopeful(), rows);
    }
  }

  /** The state of knowledge. */
  public Certificate certificate(SolveBudget budget) {
    Solution incumbent = known.solve(budget);
    hoped = optimistic.solve(budget);
    double bound = Math.min(hoped.bound(), incumbent.objective());
    double gap =
        incumbent.found()
            ? Math.max(0, incumbent.objective() - bound)
                / Math.max(1e-12, Math.abs(incumbent.objective()))
            : Double.POSITIVE_INFINITY;
    return new Certificate(incumbent, bound, gap, optimism.basis());
  }

  /**
   * The blocks to score next, those that promise most first; empty when no unscored block can
   * matter any more.
   */
  public List<Request> next(int count, SolveBudget budget) {
    Certificate now = certificate(budget);
    double target = now.incumbent().objective();
    List<Request> requests = new ArrayList<>();
    if (!hoped.found()) {
      return requests;
    }
    for (int g = 0; g < scored.layers(); g++) {
      int j = hoped.choices().get(g);
      if (!scored.hasScore(g, j)) {
        requests.add(new Request(g, j, target - hoped.bound()));
      }
    }
    if (requests.isEmpty() || requests.size() >= count) {
      return requests.size() > count ? requests.subList(0, count) : requests;
    }
    List<Request> others = new ArrayList<>();
    for (int g = 0; g < scored.layers(); g++) {
      for (int j = 0; j < scored.items(g); j++) {
        if (!scored.hasScore(g, j) && hoped.choices().get(g) != j) {
          double gain = target - optimistic.boundWith(g, j);
          if (gain > 0) {
            others.add(new Request(g, j, gain));
          }
        }
      }
    }
    others.sort(Comparator.comparingDouble(Request::gain).reversed());
    requests.addAll(others.subList(0, Math.min(others.size(), count - requests.size())));
    return requests;
  }

  /** Optimistic scores that are a fixed fraction of a proxy: proof, if no block undercuts it. */
  public static Optimism fraction(double[][] proxy, double fraction) {
    return new Optimism() {
      @Override
      public double of(int layer, int item) {
        double sum = proxy[layer][item];
        return sum >= 0 ? sum * fraction : sum / fraction;
      }

      @Override
      public Basis basis() {
        return Basis.PROOF;
      }
    };
  }

  /**
   * Optimistic scores learned from the scores so far.
   *
   * @param table names the items {@code attention+ffn}
   * @param proxy sum of the halves' scores, [layer][item]
   * @param width of the interval in standard deviations
   */
  public static Optimism learned(SolverTable table, double[][] proxy, double width) {
    Map<String, Integer> attentions = new HashMap<>();
    Map<String, Integer> ffns = new HashMap<>();
    int[][] attention = new int[table.layers()][];
    int[][] ffn = new int[table.layers()][];
    for (int g = 0; g < table.layers(); g++) {
      attention[g] = new int[table.items(g)];
      ffn[g] = new int[table.items(g)];
      for (int j = 0; j < table.items(g); j++) {
        String name = table.item(g, j);
        int plus = Math.max(0, name.indexOf('+'));
        attention[g][j] =
            attentions.computeIfAbsent(name.substring(0, plus), n -> attentions.size());
        ffn[g][j] = ffns.computeIfAbsent(name.substring(plus), n -> ffns.size());
      }
    }
    ScorePredictor predictor = new ScorePredictor(table.layers(), attentions.size(), ffns.size());
    return new Optimism() {
      @Override
      public double of(int g, int j) {
        return predictor.low(g, attention[g][j], ffn[g][j], proxy[g][j], width);
      }

      @Override
      public Basis basis() {
        return Basis.CONFIDENCE;
      }

      @Override
      public boolean learn(SolverTable scored) {
        List<ScorePredictor.Sample> samples = new ArrayList<>();
        for (int g = 0; g < scored.layers(); g++) {
          for (int j = 0; j < scored.items(g); j++) {
            double ratio = scored.score(g, j) / proxy[g][j];
            // A half on its own is its own proxy and teaches nothing.
            if (ratio > 0 && ratio != 1 && ratio < Double.POSITIVE_INFINITY) {
              samples.add(
                  new ScorePredictor.Sample(g, attention[g][j], ffn[g][j], Math.log(ratio)));
            }
          }
        }
        predictor.fit(samples);
        return true;
      }
    };
  }
}
