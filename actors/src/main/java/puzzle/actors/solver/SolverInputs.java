package puzzle.actors.solver;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import puzzle.engine.solve.Infeasibility;
import puzzle.engine.solve.Solution;
import puzzle.model.Architecture;
import puzzle.model.Incumbent;
import puzzle.model.Infeasible;
import puzzle.model.RunSpec;
import puzzle.model.ScoredBlock;
import puzzle.model.TaskResult;
import puzzle.protocol.Solver;

/**
 * What a solver was told about one target: the problem, the scores as they came, and which layers
 * have been heard. Says what is missing, and puts solutions into the words of the run. A plain
 * class; all of it can be told again.
 */
final class SolverInputs {

  /**
   * Scores that are solved for together.
   *
   * @param cause in words
   */
  record Burst(List<ScoreTable.Put> puts, String cause) {}

  private final long question;
  private RunSpec spec;
  private ScoreTable scores;

  /** Layers that have answered; until all have, a predecessor may have known more. */
  private final Set<Integer> heard = new TreeSet<>();

  /** Scores that came before the costs. */
  private final Map<Integer, List<ScoredBlock>> early = new TreeMap<>();

  private final List<ScoreTable.Put> fresh = new ArrayList<>();

  /**
   * @param question tells answers to this solver from those to its predecessors
   */
  SolverInputs(long question) {
    this.question = question;
  }

  /** The problem is known. */
  boolean opened() {
    return scores != null;
  }

  /** Whether the problem is known, and another one. */
  boolean about(RunSpec other) {
    return spec != null && !spec.target().equals(other.target());
  }

  void open(RunSpec spec, int layers, List<TaskResult.Profiled> profiles) {
    this.spec = spec;
    this.scores = new ScoreTable(spec, layers, profiles);
    early.forEach((layer, list) -> list.forEach(s -> fresh.addAll(scores.measure(layer, s))));
    early.clear();
  }

  RunSpec spec() {
    return spec;
  }

  ScoreTable scores() {
    return scores;
  }

  /**
   * Takes in what a layer tells.
   *
   * @return true if it is the layer's first answer
   */
  boolean hear(Solver.Offer offer) {
    boolean answer = offer.question() == question && heard.add(offer.layer());
    if (scores == null) {
      early.computeIfAbsent(offer.layer(), l -> new ArrayList<>()).addAll(offer.scores());
    } else {
      offer.scores().forEach(s -> fresh.addAll(scores.measure(offer.layer(), s)));
    }
    return answer;
  }

  /** Layers that have not answered. */
  List<Integer> silent() {
    return layers().filter(layer -> !heard.contains(layer)).boxed().toList();
  }

  boolean allHeard() {
    return heard.size() == scores.layers();
  }

  /** There are scores that no solution knows of. */
  boolean news() {
    return !fresh.isEmpty();
  }

  /** Takes the scores that no solution knows of. */
  Burst burst() {
    List<ScoreTable.Put> puts = List.copyOf(fresh);
    fresh.clear();
    List<String> causes = puts.stream().map(ScoreTable.Put::cause).distinct().toList();
    return new Burst(
        puts,
        switch (causes.size()) {
          case 0 -> "costs are known";
          case 1 -> causes.get(0);
          default -> causes.get(0) + " and " + (causes.size() - 1) + " more";
        });
  }

  /**
   * Layers some of whose scores are missing.
   *
   * @param wanted how many scores each layer has
   */
  List<Integer> behind(List<Integer> wanted) {
    return layers().filter(layer -> scores.measured(layer) < wanted.get(layer)).boxed().toList();
  }

  Incumbent incumbent(Solution solution, String cause) {
    Architecture architecture = scores.architecture(solution.choices());
    return new Incumbent(
        architecture,
        solution.objective(),
        solution.bound(),
        solution.proven(),
        scores.cost(architecture),
        scores.parentCost(),
        scores.measured(),
        scores.predicted(),
        cause);
  }

  /** Which limits conflict, of a problem without solution. */
  Infeasible infeasible(Solution solution) {
    return scores
        .target()
        .explained(
            solution
                .infeasibility()
                .orElseGet(() -> new Infeasibility(scores.rows(), List.of(), false)));
  }

  private IntStream layers() {
    return IntStream.range(0, scores.layers());
  }
}
