package puzzle.actors.run;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import puzzle.actors.work.Peers;
import puzzle.model.LayerLibrary;
import puzzle.model.Task;
import puzzle.persistence.RunState;
import puzzle.protocol.Feed;
import puzzle.protocol.Gkd;
import puzzle.protocol.Layer;
import puzzle.protocol.Run;
import puzzle.protocol.Solver;

/**
 * What a run asks of the others, read off its state. Each of them answers a repeated question with
 * the answer on record, so all of this is safe to say at any time and any number of times.
 */
record RunRequests(Peers peers) {

  /**
   * Tells onlookers how far the run is, and asks everybody whose answer is missing.
   *
   * @param feasible whether the solver has said that there is something to search
   */
  void send(RunState state, RunPlan plan, boolean feasible) {
    announce(state, plan);
    if (state.paused()) {
      pause(state, plan);
      return;
    }
    if (plan.building()) {
      openSolver(state);
      for (int layer = 0; feasible && layer < state.layers(); layer++) {
        if (!state.libraries().containsKey(layer)) {
          peers.layer(
              state.spec().id(),
              layer,
              new Layer.Build(
                  state.spec(), layer, plan.recorded().orElseThrow().recording(), state.retries()));
        }
      }
    }
    if (plan.concluding()) {
      openSolver(state);
      List<Integer> measured = new ArrayList<>();
      for (int layer = 0; layer < state.layers(); layer++) {
        measured.add(state.libraries().get(layer).scores().size());
      }
      peers.solver(
          state.spec().id(),
          state.shortlistWanted()
              ? new Solver.Shortlist(measured, state.spec().bld().keep())
              : new Solver.Conclude(measured));
    }
    if (plan.coupling()) {
      openSolver(state);
      for (int layer = 0; layer < state.layers(); layer++) {
        if (!state.libraries().get(layer).coupled()) {
          peers.layer(state.spec().id(), layer, new Layer.Couple(state.shortlist().get(layer)));
        }
      }
    }
    if (plan.gkd()) {
      peers.gkd(
          state.spec().id(),
          new Gkd.Launch(
              state.spec(), plan.gkd(state.incumbent().architecture()), state.retries()));
    }
  }

  /** Tells onlookers how far the run is, or how it ended. */
  void announce(RunState state) {
    if (state.ended()) {
      peers.announce(new Feed.Ended(state.spec().id(), state.outcome()));
    } else {
      announce(state, new RunPlan(state));
    }
  }

  private void announce(RunState state, RunPlan plan) {
    peers.announce(
        new Feed.PhaseAdvanced(state.spec().id(), plan.phase(), plan.done(), plan.total()));
  }

  /** Gives the solver the problem, once its costs are known and while it is not solved. */
  void openSolver(RunState state) {
    if (state.started()
        && !state.ended()
        && state.incumbent() == null
        && state.infeasible() == null) {
      new RunPlan(state)
          .profiles()
          .ifPresent(
              profiles ->
                  peers.solver(
                      state.spec().id(),
                      new Solver.Open(
                          state.spec(), state.layers(), profiles, state.costs().size())));
    }
  }

  /** Stops the layers that are not through, and the distillation. */
  void abandon(RunState state) {
    unfinished(state).forEach(layer -> peers.layer(state.spec().id(), layer, new Layer.Abandon()));
    if (state.incumbent() != null && state.healed() == null) {
      peers.gkd(state.spec().id(), new Gkd.Abandon());
    }
  }

  private void pause(RunState state, RunPlan plan) {
    if (plan.building() || plan.coupling()) {
      unfinished(state).forEach(layer -> peers.layer(state.spec().id(), layer, new Layer.Pause()));
    }
    if (plan.gkd()) {
      peers.gkd(state.spec().id(), new Gkd.Pause());
    }
  }

  /** Layers that may be at work. */
  private static List<Integer> unfinished(RunState state) {
    List<Integer> layers = new ArrayList<>();
    for (int layer = 0; layer < state.layers(); layer++) {
      LayerLibrary library = state.libraries().get(layer);
      boolean through = library != null && (state.shortlist() == null || library.coupled());
      if (!through && state.tasks().settled(Task.Record.KEY)) {
        layers.add(layer);
      }
    }
    return layers;
  }

  /**
   * Why a run that is on record does not continue with what it is started with; null if it does.
   */
  static String refusal(RunState state, Run.Start start) {
    if (!state.hash().equals(start.hash())) {
      return "%s: the run in this store began with another run file (%s, now %s)."
              .formatted(state.spec().store(), brief(state.hash()), brief(start.hash()))
          + "\nMaybe name another store, or give --fresh to start over.";
    }
    if (!state.spec().store().equals(start.spec().store())
        || !state.spec().parent().equals(start.spec().parent())) {
      return "%s: the run's folders have moved since it began.".formatted(start.spec().store())
          + "\nMaybe move them back, or give --fresh to start over.";
    }
    return null;
  }

  /** Why an order to a run that does not continue is refused. */
  static String notActive(String run, RunState state) {
    return state.started()
        ? "%s has ended: %s.\nMaybe look at its report in %s."
            .formatted(
                run, state.outcome().kind().name().toLowerCase(Locale.ROOT), state.spec().store())
        : run + ": there is no such run.\nMaybe look at puzzle status for those on record.";
  }

  /** How far a run is, for people. */
  static Run.Status status(RunState state) {
    if (!state.started()) {
      return new Run.Status(null, 0, null, null, 0, 0, false, 0, null, null);
    }
    RunPlan plan = new RunPlan(state);
    boolean layers = plan.building();
    return new Run.Status(
        state.spec(),
        state.layers(),
        state.startedAt(),
        plan.phase(),
        layers ? state.libraries().size() : plan.done(),
        layers ? state.layers() : plan.total(),
        state.paused(),
        RunPlan.quarantined(state).size(),
        state.incumbent(),
        state.outcome());
  }

  private static String brief(String hash) {
    return hash.substring(0, Math.min(12, hash.length()));
  }
}
