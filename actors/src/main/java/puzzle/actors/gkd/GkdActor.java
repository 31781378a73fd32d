package puzzle.actors.gkd;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.Effect;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import puzzle.actors.work.Peers;
import puzzle.actors.work.TaskOwner;
import puzzle.actors.work.Wanted;
import puzzle.cluster.PuzzleSettings;
import puzzle.model.Architecture;
import puzzle.persistence.GkdEvent;
import puzzle.persistence.GkdState;
import puzzle.persistence.TaskEvent;
import puzzle.protocol.Gkd;
import puzzle.protocol.Run;
import puzzle.protocol.Work;

/**
 * Owns the global distillation of one run's child: its order, its rounds and its result. An attempt
 * that is lost costs at most one round of one shard. When this actor dies, its journal brings it
 * back.
 */
public final class GkdActor extends TaskOwner<Gkd.Command, GkdEvent, GkdState> {

  private enum Tick implements Gkd.Internal {
    INSTANCE
  }

  public static Behavior<Gkd.Command> create(
      String entityId, PuzzleSettings settings, Peers peers, LongSupplier nanos) {
    return Behaviors.withTimers(timers -> new GkdActor(timers, entityId, settings, peers, nanos));
  }

  private GkdActor(
      TimerScheduler<Gkd.Command> timers,
      String entityId,
      PuzzleSettings settings,
      Peers peers,
      LongSupplier nanos) {
    super(
        new Work.Owner(Work.Owner.Kind.GKD, entityId),
        settings,
        peers,
        nanos,
        timers,
        Tick.INSTANCE,
        event -> event);
  }

  @Override
  public GkdState emptyState() {
    return GkdState.EMPTY;
  }

  @Override
  protected CommandHandler<Gkd.Command, GkdEvent, GkdState> handlers() {
    return newCommandHandlerBuilder()
        .forAnyState()
        .onCommand(Gkd.Launch.class, this::onLaunch)
        .onCommand(Gkd.Pause.class, this::onPause)
        .onCommand(Gkd.Abandon.class, this::onAbandon)
        .onCommand(Gkd.Reported.class, (state, told) -> onReported(state, told.report()))
        .onCommand(Tick.class, (state, tick) -> onHeartbeat(state))
        .build();
  }

  @Override
  public EventHandler<GkdState, GkdEvent> eventHandler() {
    return GkdState::on;
  }

  private Effect<GkdEvent, GkdState> onLaunch(GkdState state, Gkd.Launch launch) {
    boolean other = state.task() != null && !state.task().equals(launch.task());
    boolean again = launch.retries() > state.retries();
    if (state.active() && !state.paused() && !other && !again) {
      return Effect().none().thenRun(this::tellIfOver);
    }
    List<GkdEvent> events = new ArrayList<>();
    events.add(new GkdEvent.GkdOrdered(launch.spec(), launch.task(), launch.retries()));
    if (other) {
      state
          .tasks()
          .entries()
          .keySet()
          .forEach(k -> events.add(new TaskEvent.TaskRenewed(k, "another child")));
    } else if (again) {
      state.tasks().failed().forEach(k -> events.add(new TaskEvent.TaskRenewed(k, "retried")));
    }
    return Effect()
        .persist(events)
        .thenRun(
            changed -> {
              if (other) {
                // What is on offer is of the other child.
                withdraw(changed);
              }
              proceed(changed);
            });
  }

  private Effect<GkdEvent, GkdState> onPause(GkdState state, Gkd.Pause pause) {
    return state.active() && !state.paused()
        ? Effect().persist(new GkdEvent.GkdPaused()).thenRun(this::proceed)
        : Effect().none();
  }

  private Effect<GkdEvent, GkdState> onAbandon(GkdState state, Gkd.Abandon command) {
    return state.active()
        ? Effect().persist(new GkdEvent.GkdAbandoned()).thenRun(this::withdraw)
        : Effect().none();
  }

  @Override
  protected List<Wanted> wanted(GkdState state) {
    return new GkdPlan(state).wanted();
  }

  /** States that failed their check are made again; the round after waits for them. */
  @Override
  protected List<TaskEvent> reopened(GkdState state, Work.Failed failed) {
    return new GkdPlan(state).reopened(failed.key(), failed.failure());
  }

  @Override
  protected void recovered(GkdState state) {
    if (state.active()) {
      proceed(state);
    }
  }

  @Override
  protected void advanced(GkdState state, List<TaskEvent> events) {
    proceed(state);
    tellIfOver(state);
  }

  private void proceed(GkdState state) {
    offer(state, wanted(state));
  }

  private void tellIfOver(GkdState state) {
    GkdPlan plan = new GkdPlan(state);
    Architecture child = state.task().architecture();
    plan.healed()
        .ifPresent(healed -> peers.run(state.spec().id(), new Run.ChildHealed(healed, child)));
    plan.givenUp()
        .ifPresent(failure -> peers.run(state.spec().id(), new Run.GkdGivenUp(failure, child)));
  }
}
