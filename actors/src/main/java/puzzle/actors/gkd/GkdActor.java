package puzzle.actors.gkd;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.RecoveryCompleted;
import org.apache.pekko.persistence.typed.RecoveryFailed;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.Effect;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;
import puzzle.actors.work.Leases;
import puzzle.actors.work.Peers;
import puzzle.actors.work.TaskAnnouncements;
import puzzle.actors.work.Unreadable;
import puzzle.actors.work.Wanted;
import puzzle.cluster.PuzzleSettings;
import puzzle.model.Architecture;
import puzzle.model.Failure;
import puzzle.persistence.GkdEvent;
import puzzle.persistence.GkdState;
import puzzle.persistence.Tags;
import puzzle.persistence.TaskEvent;
import puzzle.protocol.Gkd;
import puzzle.protocol.Run;
import puzzle.protocol.Work;

/**
 * Owns the global distillation of one run's child: its order, its rounds and its result. An attempt
 * that is lost costs at most one round of one shard. When this actor dies, its journal brings it
 * back.
 */
public final class GkdActor extends EventSourcedBehavior<Gkd.Command, GkdEvent, GkdState> {

  private enum Tick implements Gkd.Internal {
    INSTANCE
  }

  private final TimerScheduler<Gkd.Command> timers;
  private final PuzzleSettings settings;
  private final String entityId;
  private final Peers peers;
  private final Leases leases;

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
        PersistenceId.of("Gkd", entityId),
        SupervisorStrategy.restartWithBackoff(
            settings.gpu().restartMin(), settings.gpu().restartMax(), 0.2));
    this.timers = timers;
    this.settings = settings;
    this.entityId = entityId;
    this.peers = peers;
    this.leases =
        new Leases(
            new Work.Owner(Work.Owner.Kind.GKD, entityId),
            settings.lease(),
            peers::pool,
            nanos,
            new SplittableRandom(entityId.hashCode()));
  }

  @Override
  public GkdState emptyState() {
    return GkdState.EMPTY;
  }

  @Override
  public CommandHandler<Gkd.Command, GkdEvent, GkdState> commandHandler() {
    CommandHandler<Gkd.Command, GkdEvent, GkdState> handler =
        newCommandHandlerBuilder()
            .forAnyState()
            .onCommand(Gkd.Launch.class, this::onLaunch)
            .onCommand(Gkd.Pause.class, this::onPause)
            .onCommand(Gkd.Abandon.class, this::onAbandon)
            .onCommand(Gkd.Reported.class, this::onReported)
            .onCommand(Tick.class, this::onTick)
            .build();
    return (state, command) -> peers.replaced() ? Effect().none() : handler.apply(state, command);
  }

  @Override
  public EventHandler<GkdState, GkdEvent> eventHandler() {
    return GkdState::on;
  }

  @Override
  public SignalHandler<GkdState> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(RecoveryCompleted.instance(), this::onRecovered)
        .onSignal(RecoveryFailed.class, this::onRecoveryFailed)
        .build();
  }

  @Override
  public Set<String> tagsFor(GkdEvent event) {
    return Tags.ofEntity(entityId);
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
                leases.offer(changed.spec(), changed.tasks(), List.of());
              }
              goOn(changed);
            });
  }

  private Effect<GkdEvent, GkdState> onPause(GkdState state, Gkd.Pause pause) {
    return state.active() && !state.paused()
        ? Effect().persist(new GkdEvent.GkdPaused()).thenRun(this::goOn)
        : Effect().none();
  }

  private Effect<GkdEvent, GkdState> onAbandon(GkdState state, Gkd.Abandon command) {
    return state.active()
        ? Effect().persist(new GkdEvent.GkdAbandoned()).thenRun(this::goOn)
        : Effect().none();
  }

  private Effect<GkdEvent, GkdState> onReported(GkdState state, Gkd.Reported command) {
    Work.Report report = command.report();
    if (!state.active()) {
      report.gpu().tell(Leases.dismissal(report));
      return Effect().none();
    }
    Leases.Verdict verdict = leases.judge(state.tasks(), state.spec(), report);
    List<GkdEvent> events = new ArrayList<>(verdict.events());
    if (report instanceof Work.Failed failed
        && !events.isEmpty()
        && failed.failure().kind() == Failure.Kind.CORRUPT_ARTEFACT) {
      events.addAll(reopened(state, failed));
    }
    return Effect()
        .persist(events)
        .thenRun(
            changed -> {
              if (verdict.answer() != null) {
                report.gpu().tell(verdict.answer());
              }
              told(changed, verdict.events());
            });
  }

  private Effect<GkdEvent, GkdState> onTick(GkdState state, Tick tick) {
    if (!state.active()) {
      return Effect().none();
    }
    List<TaskEvent> lost = leases.expired(state.tasks());
    return Effect().persist(new ArrayList<GkdEvent>(lost)).thenRun(changed -> told(changed, lost));
  }

  private void onRecoveryFailed(GkdState state, RecoveryFailed failed) {
    Unreadable.of(persistenceId().id(), failed.getFailure()).ifPresent(peers::stop);
  }

  /** Also after a journal that failed, which stops timers but keeps this object. */
  private void onRecovered(GkdState state) {
    timers.startTimerWithFixedDelay(Tick.INSTANCE, settings.gpu().heartbeat());
    leases.restart();
    goOn(state);
  }

  private void told(GkdState state, List<TaskEvent> events) {
    TaskAnnouncements.tell(peers, state.spec().id(), events);
    goOn(state);
    if (!events.isEmpty()) {
      tellIfOver(state);
    }
  }

  /** States that failed their check are made again; the round after waits for them. */
  private static List<TaskEvent> reopened(GkdState state, Work.Failed failed) {
    return new GkdPlan(state)
        .damaged(failed.key(), failed.failure()).stream()
            .<TaskEvent>map(key -> new TaskEvent.TaskReopened(key, failed.failure().message()))
            .toList();
  }

  private void goOn(GkdState state) {
    if (state.spec() != null) {
      List<Wanted> wanted = state.active() ? new GkdPlan(state).wanted() : List.of();
      leases.offer(
          state.spec(),
          state.tasks(),
          state.paused() ? Leases.running(state.tasks(), wanted) : wanted);
    }
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
