package puzzle.actors.solver;

import java.time.Duration;
import java.util.List;
import puzzle.model.Incumbent;
import puzzle.protocol.Run;
import puzzle.protocol.Solver;

/**
 * Where a solver stands with one problem, a target at given costs: what it was told, what it was
 * asked and what it has answered; written by the solver's actor. Another problem is another
 * inquiry, so nothing of the former one is left, and what was begun for that is told by its
 * identity.
 */
final class Inquiry {

  /** Rest after a search, as a multiple of its time. */
  private static final double REST = 4;

  final SolverInputs inputs;
  final SolverCalls calls;
  private final Duration settle;

  /** {@link Solver.Open#costs}. */
  int costs;

  /** By the costs alone there is something to search. */
  boolean possible;

  boolean solving;

  /** Before the next search. */
  private Duration pause;

  /** Shortlist or Conclude, whichever the run asked last. */
  private Solver.Command asked;

  private List<Integer> wanted;

  /** To the question, or that there is no solution; null before. */
  Run.Command answer;

  /** Null before the first. */
  Incumbent published;

  /**
   * @param settle the shortest pause before a search
   */
  Inquiry(SolverInputs inputs, SolverCalls calls, Duration settle) {
    this.inputs = inputs;
    this.calls = calls;
    this.settle = settle;
    this.pause = settle;
  }

  Duration pause() {
    return pause;
  }

  /** Long searches come seldom, so that they leave the processors to the devices. */
  void restAfter(double seconds) {
    Duration rest = Duration.ofNanos((long) (REST * seconds * 1e9));
    pause = rest.compareTo(settle) > 0 ? rest : settle;
  }

  /** About another target, or later costs. */
  boolean replacedBy(Solver.Open open) {
    return inputs.about(open.spec()) || inputs.opened() && open.costs() > costs;
  }

  /**
   * A new question takes the former one's place.
   *
   * @param measured how many scores each layer has
   */
  void ask(Solver.Command question, List<Integer> measured) {
    asked = question;
    wanted = measured;
    answer = null;
  }

  Solver.Command asked() {
    return asked;
  }

  /** The question has been answered already. */
  boolean answered(Solver.Command question) {
    return answer != null && (question.equals(asked) || answer instanceof Run.FoundInfeasible);
  }

  /** A question is open, and the scores it is about are in. */
  boolean complete() {
    return answer == null
        && wanted != null
        && wanted.size() == inputs.scores().layers()
        && inputs.behind(wanted).isEmpty();
  }

  /** A search may begin. */
  boolean ready() {
    return inputs.opened()
        && possible
        && !solving
        && !(answer instanceof Run.Chosen)
        && !(answer instanceof Run.FoundInfeasible);
  }

  /** It says something that has not been published. */
  boolean news(Incumbent incumbent) {
    return published == null
        || !published.architecture().equals(incumbent.architecture())
        || published.objective() != incumbent.objective()
        || published.bound() != incumbent.bound()
        || published.proven() != incumbent.proven();
  }
}
