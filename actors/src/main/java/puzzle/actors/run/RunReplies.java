package puzzle.actors.run;

import java.util.Optional;
import puzzle.model.Architecture;
import puzzle.model.LayerLibrary;
import puzzle.model.Target;
import puzzle.model.Task;
import puzzle.persistence.RunEvent;
import puzzle.persistence.RunState;
import puzzle.persistence.TaskEvent;
import puzzle.protocol.Run;

/**
 * What the words of layers, solver and distillation mean for a run: an event if they are what the
 * run waits for, nothing if they come late or twice, or are about another target or child. A
 * function of the state and nothing else.
 */
record RunReplies(RunState state) {

  Optional<RunEvent> to(Run.Reply reply) {
    if (reply instanceof Run.LayerSettled settled) {
      return settled(settled);
    }
    if (reply instanceof Run.FoundInfeasible found) {
      return event(
          undecided(found.target(), found.costs()),
          new RunEvent.LimitsProvenInfeasible(found.infeasible()));
    }
    if (reply instanceof Run.Shortlisted listed) {
      return event(
          state.active() && state.shortlistWanted(),
          new RunEvent.BlocksShortlisted(listed.blocks()));
    }
    if (reply instanceof Run.Chosen chosen) {
      return event(
          undecided(chosen.target(), chosen.costs())
              && state.libraryComplete()
              && !state.shortlistWanted(),
          new RunEvent.ArchitectureChosen(
              chosen.incumbent(), chosen.baselines(), chosen.candidates()));
    }
    if (reply instanceof Run.ChildHealed healed) {
      return event(gkd(healed.child()), new RunEvent.ChildHealed(healed.healed()));
    }
    if (reply instanceof Run.GkdGivenUp givenUp) {
      return event(
          gkd(givenUp.child()) && !state.tasks().settled(Task.Gkd.KEY),
          new TaskEvent.AttemptFailed(Task.Gkd.KEY, 1, givenUp.failure(), false, false));
    }
    throw new IllegalArgumentException("unknown answer to a run: " + reply);
  }

  private Optional<RunEvent> settled(Run.LayerSettled settled) {
    LayerLibrary library = settled.library();
    LayerLibrary known = state.libraries().get(library.layer());
    // The first stage's word may come again during the second.
    boolean news = known == null || !known.coupled() && library.coupled();
    return event(state.active() && news, new RunEvent.LayerSettled(library));
  }

  private static Optional<RunEvent> event(boolean news, RunEvent event) {
    return news ? Optional.of(event) : Optional.empty();
  }

  /** Waits for the solver's word about that target at those costs. */
  private boolean undecided(Target target, int costs) {
    return state.active()
        && state.incumbent() == null
        && state.infeasible() == null
        && state.costs().size() == costs
        && state.spec().target().equals(target);
  }

  /** Waits for that child to be distilled. */
  private boolean gkd(Architecture child) {
    return state.active()
        && state.healed() == null
        && state.incumbent() != null
        && state.incumbent().architecture().equals(child);
  }
}
