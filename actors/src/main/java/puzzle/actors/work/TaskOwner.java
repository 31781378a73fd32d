package puzzle.actors.work;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.RecoveryCompleted;
import org.apache.pekko.persistence.typed.RecoveryFailed;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.Effect;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;
import puzzle.cluster.PuzzleSettings;
import puzzle.model.Failure;
import puzzle.persistence.OwnerState;
import puzzle.persistence.Tags;
import puzzle.persistence.TaskEvent;
import puzzle.protocol.Work;

/**
 * An entity that owns tasks. What is done next is a function of what is on record; this class keeps
 * the record: it offers what is wanted, judges what devices report, takes back what nothing is
 * heard of, and says no word about anything before it is durable. When it dies, its journal brings
 * it back where it was, running attempts included.
 *
 * <p>All owners take snapshots. A run and a layer need them, as each task adds two events and its
 * result; a global distillation of many rounds, shards and retries comes to as many, so it is no
 * exception.
 *
 * @param <C> commands
 * @param <E> events, {@link TaskEvent} among them
 * @param <S> what is on record
 */
public abstract class TaskOwner<C, E, S extends OwnerState> extends EventSourcedBehavior<C, E, S> {

  /** Part of the time between restarts that is left to chance. */
  private static final double JITTER = 0.2;

  protected final String entityId;
  protected final Peers peers;
  protected final PuzzleSettings settings;
  protected final TimerScheduler<C> timers;

  private final C tick;
  private final Function<TaskEvent, E> event;
  private final Leases leases;

  /**
   * @param tick what the owner sends itself with each heartbeat, for {@link #onHeartbeat}
   * @param event a task's event as one of this owner's
   * @param nanos a monotonic clock
   */
  protected TaskOwner(
      Work.Owner owner,
      PuzzleSettings settings,
      Peers peers,
      LongSupplier nanos,
      TimerScheduler<C> timers,
      C tick,
      Function<TaskEvent, E> event) {
    super(
        PersistenceId.ofUniqueId(owner.persistenceId()),
        SupervisorStrategy.restartWithBackoff(
            settings.gpu().restartMin(), settings.gpu().restartMax(), JITTER));
    this.entityId = owner.entityId();
    this.settings = settings;
    this.peers = peers;
    this.timers = timers;
    this.tick = tick;
    this.event = event;
    this.leases =
        new Leases(
            owner, settings.lease(), peers::pool, nanos, new SplittableRandom(entityId.hashCode()));
  }

  /** What is done about each command. */
  protected abstract CommandHandler<C, E, S> handlers();

  /** Tasks that can run now, of a state that is active. */
  protected abstract List<Wanted> wanted(S state);

  /** Results that a task found damaged, to be made again; a failure like any other by default. */
  protected List<TaskEvent> reopened(S state, Work.Failed failed) {
    return List.of();
  }

  /** The journal is read: what others must hear again. */
  protected abstract void recovered(S state);

  /**
   * Tasks have finished, failed or were lost, which is durable and announced.
   *
   * @param events not only grants of leases
   */
  protected abstract void advanced(S state, List<TaskEvent> events);

  @Override
  public final CommandHandler<C, E, S> commandHandler() {
    CommandHandler<C, E, S> handlers = handlers();
    return (state, command) -> peers.replaced() ? Effect().none() : handlers.apply(state, command);
  }

  @Override
  public final SignalHandler<S> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(RecoveryCompleted.instance(), this::onRecovered)
        .onSignal(RecoveryFailed.class, this::onRecoveryFailed)
        .build();
  }

  @Override
  public final Set<String> tagsFor(E any) {
    return Tags.ofEntity(entityId);
  }

  @Override
  public final RetentionCriteria retentionCriteria() {
    return RetentionCriteria.snapshotEvery(
        settings.snapshots().every(), settings.snapshots().keep());
  }

  /** Also after a journal that failed, which stops timers but keeps this object. */
  private void onRecovered(S state) {
    timers.startTimerWithFixedDelay(tick, settings.gpu().heartbeat());
    leases.restart();
    recovered(state);
  }

  private void onRecoveryFailed(S state, RecoveryFailed failed) {
    Unreadable.of(persistenceId().id(), failed.getFailure()).ifPresent(peers::stop);
  }

  protected final Effect<E, S> onReported(S state, Work.Report report) {
    if (!state.active()) {
      report.gpu().tell(Leases.dismissal(report));
      return Effect().none();
    }
    Leases.Verdict verdict = leases.judge(state.tasks(), state.spec(), report);
    List<TaskEvent> events = new ArrayList<>(verdict.events());
    if (report instanceof Work.Failed failed
        && !events.isEmpty()
        && failed.failure().kind() == Failure.Kind.CORRUPT_ARTEFACT) {
      events.addAll(reopened(state, failed));
    }
    return Effect()
        .persist(own(events))
        .thenRun(
            changed -> {
              if (verdict.answer() != null) {
                report.gpu().tell(verdict.answer());
              }
              told(changed, verdict.events());
            });
  }

  protected final Effect<E, S> onHeartbeat(S state) {
    if (!state.active()) {
      return Effect().none();
    }
    List<TaskEvent> lost = leases.expired(state.tasks());
    return Effect()
        .persist(own(lost))
        .thenRun(
            changed -> {
              if (lost.isEmpty()) {
                offer(changed, wanted(changed));
              } else {
                told(changed, lost);
              }
            });
  }

  /** Tells the world what has just become durable, and the owner what it changes. */
  protected final void told(S state, List<TaskEvent> events) {
    TaskAnnouncements.tell(peers, state.spec().id(), events);
    // A lease that was granted or renewed leaves what is wanted as it is.
    if (!events.stream().allMatch(e -> e instanceof TaskEvent.AttemptStarted)) {
      advanced(state, events);
    }
  }

  /** Offers what is wanted, of which an owner that pauses keeps what already runs. */
  protected final void offer(S state, Collection<Wanted> wanted) {
    leases.offer(
        state.spec(),
        state.tasks(),
        state.paused() ? Leases.running(state.tasks(), wanted) : wanted);
  }

  /** Takes back all that is on offer, and lets go of what runs. */
  protected final void withdraw(S state) {
    leases.offer(state.spec(), state.tasks(), List.of());
  }

  /** Events of tasks as events of this owner. */
  protected final List<E> own(List<TaskEvent> events) {
    return events.stream().map(event).toList();
  }
}
