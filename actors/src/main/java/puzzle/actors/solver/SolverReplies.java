package puzzle.actors.solver;

import java.util.ArrayList;
import java.util.List;
import puzzle.engine.solve.Solution;
import puzzle.model.Incumbent;
import puzzle.protocol.Run;
import puzzle.protocol.Solver;

/** What solutions mean, in the words of the run. */
final class SolverReplies {

  private final SolverInputs inputs;
  private final int costs;

  SolverReplies(Inquiry inquiry) {
    this.inputs = inquiry.inputs;
    this.costs = inquiry.costs;
  }

  Run.FoundInfeasible infeasible(Solution solution) {
    return new Run.FoundInfeasible(inputs.infeasible(solution), inputs.spec().target(), costs);
  }

  Run.Shortlisted shortlisted(List<Solution> solutions, Solver.Shortlist asked) {
    return new Run.Shortlisted(
        Shortlist.of(
            inputs.spec().space(),
            solutions.stream().map(s -> inputs.scores().architecture(s.choices())).toList(),
            asked.keep()));
  }

  Run.Chosen chosen(SolverCalls.Conclusion conclusion) {
    List<Incumbent> candidates = new ArrayList<>();
    for (Solution s : conclusion.best()) {
      candidates.add(inputs.incumbent(s, "candidate " + (candidates.size() + 1)));
    }
    return new Run.Chosen(
        inputs.incumbent(conclusion.solution(), "complete table"),
        conclusion.baselines(),
        candidates,
        inputs.spec().target(),
        costs);
  }
}
