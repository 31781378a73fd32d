package puzzle.actors.run;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import puzzle.model.Failure;
import puzzle.model.Outcome;
import puzzle.model.Target;
import puzzle.persistence.RunEvent;
import puzzle.persistence.RunState;
import puzzle.persistence.TaskEvent;
import puzzle.protocol.Run;

/** What an order from outside means for a run; a function of its state and nothing else. */
final class Orders {

  /**
   * @param events to persist, in order; none if the order is refused or changes nothing
   * @param answer once they are
   */
  record Verdict(List<RunEvent> events, Run.Answer answer) {}

  private static final Verdict NOTHING_TO_DO = new Verdict(List.of(), new Run.Accepted(true));

  private final String run;
  private final RunState state;
  private final Instant now;

  Orders(String run, RunState state, Instant now) {
    this.run = run;
    this.state = state;
    this.now = now;
  }

  Verdict pause() {
    if (!state.active()) {
      return refused(RunRequests.notActive(run, state));
    }
    return state.paused() ? NOTHING_TO_DO : accepted(new RunEvent.RunPaused(now));
  }

  Verdict resume() {
    if (!state.active()) {
      return refused(RunRequests.notActive(run, state));
    }
    return state.paused() ? accepted(new RunEvent.RunResumed(now)) : NOTHING_TO_DO;
  }

  Verdict retarget(Target target) {
    if (!state.started() || over()) {
      return refused(RunRequests.notActive(run, state));
    }
    Target before = state.spec().target();
    if (!target.hardware().equals(before.hardware())) {
      return refused(
          "%s: its costs are those of %s, not of %s.\nMaybe submit another run for that hardware."
              .formatted(run, before.hardware(), target.hardware()));
    }
    if (target.equals(before)) {
      return NOTHING_TO_DO;
    }
    List<RunEvent> events = new ArrayList<>();
    events.add(new RunEvent.Retargeted(target, now));
    for (String key : aboutTheChild()) {
      events.add(new TaskEvent.TaskRenewed(key, "another target"));
    }
    return new Verdict(events, new Run.Accepted(false));
  }

  Verdict retryFailed() {
    if (!state.started() || state.ended() && state.outcome().kind() == Outcome.Kind.CANCELLED) {
      return refused(RunRequests.notActive(run, state));
    }
    List<Integer> layers =
        state.libraries().values().stream()
            .filter(
                l ->
                    l.quarantined().stream()
                        .anyMatch(q -> q.failure().kind() != Failure.Kind.DIVERGED))
            .map(l -> l.layer())
            .sorted()
            .toList();
    TreeSet<String> keys = new TreeSet<>(state.tasks().failed());
    if (layers.isEmpty() && keys.isEmpty()) {
      return NOTHING_TO_DO;
    }
    if (!layers.isEmpty()) {
      keys.addAll(aboutTheChild());
    }
    List<RunEvent> events = new ArrayList<>();
    events.add(new RunEvent.FailedRetried(layers, now));
    keys.forEach(key -> events.add(new TaskEvent.TaskRenewed(key, "retried")));
    return new Verdict(events, new Run.Accepted(false));
  }

  /** Ended in a way that another target does not mend. */
  private boolean over() {
    return state.ended()
        && switch (state.outcome().kind()) {
          case DONE, QUARANTINED, INFEASIBLE -> false;
          case INVALID_INPUT, FAILED, CANCELLED -> true;
        };
  }

  /** Tasks that were done, or may be on offer, for the child chosen so far. */
  private Set<String> aboutTheChild() {
    Set<String> keys = RunPlan.aboutTheChild(state);
    Set<String> known = new TreeSet<>(state.tasks().entries().keySet());
    if (state.incumbent() != null) {
      new RunPlan(state).wanted().forEach(w -> known.add(w.task().key()));
    }
    keys.retainAll(known);
    return keys;
  }

  private static Verdict accepted(RunEvent event) {
    return new Verdict(List.of(event), new Run.Accepted(false));
  }

  private static Verdict refused(String reason) {
    return new Verdict(List.of(), new Run.Refused(reason));
  }
}
