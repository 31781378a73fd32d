package puzzle.actors.layer;

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
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;
import puzzle.actors.work.Leases;
import puzzle.actors.work.Peers;
import puzzle.actors.work.TaskAnnouncements;
import puzzle.actors.work.Unreadable;
import puzzle.cluster.PuzzleSettings;
import puzzle.model.Failure;
import puzzle.model.RunId;
import puzzle.model.ScoredBlock;
import puzzle.model.TaskResult;
import puzzle.persistence.LayerEvent;
import puzzle.persistence.LayerState;
import puzzle.persistence.Tags;
import puzzle.persistence.TaskEvent;
import puzzle.protocol.Feed;
import puzzle.protocol.Layer;
import puzzle.protocol.Run;
import puzzle.protocol.Solver;
import puzzle.protocol.Work;

/**
 * One layer's block: owns what is trained and scored there, every attempt, the retries and the
 * results. It never touches a tensor and never runs anything. When it dies, its journal brings it
 * back where it was, running attempts included; scores are then told to the solver again.
 */
public final class LayerActor extends EventSourcedBehavior<Layer.Command, LayerEvent, LayerState> {

  private enum Tick implements Layer.Internal {
    INSTANCE
  }

  private final TimerScheduler<Layer.Command> timers;
  private final String entityId;
  private final PuzzleSettings settings;
  private final Peers peers;
  private final Leases leases;

  public static Behavior<Layer.Command> create(
      String entityId, PuzzleSettings settings, Peers peers, LongSupplier nanos) {
    return Behaviors.withTimers(timers -> new LayerActor(timers, entityId, settings, peers, nanos));
  }

  private LayerActor(
      TimerScheduler<Layer.Command> timers,
      String entityId,
      PuzzleSettings settings,
      Peers peers,
      LongSupplier nanos) {
    super(
        PersistenceId.of("Layer", entityId),
        SupervisorStrategy.restartWithBackoff(
            settings.gpu().restartMin(), settings.gpu().restartMax(), 0.2));
    this.timers = timers;
    this.entityId = entityId;
    this.settings = settings;
    this.peers = peers;
    this.leases =
        new Leases(
            new Work.Owner(Work.Owner.Kind.LAYER, entityId),
            settings.lease(),
            peers::pool,
            nanos,
            new SplittableRandom(entityId.hashCode()));
  }

  @Override
  public LayerState emptyState() {
    return LayerState.EMPTY;
  }

  @Override
  public CommandHandler<Layer.Command, LayerEvent, LayerState> commandHandler() {
    CommandHandler<Layer.Command, LayerEvent, LayerState> handler =
        newCommandHandlerBuilder()
            .forAnyState()
            .onCommand(Layer.Build.class, this::onBuild)
            .onCommand(Layer.Couple.class, this::onCouple)
            .onCommand(Layer.Pause.class, this::onPause)
            .onCommand(Layer.OfferScores.class, this::onOfferScores)
            .onCommand(Layer.Abandon.class, this::onAbandon)
            .onCommand(Layer.Reported.class, this::onReported)
            .onCommand(Layer.Deliver.class, this::onDeliver)
            .onCommand(Tick.class, this::onTick)
            .build();
    return (state, command) -> peers.replaced() ? Effect().none() : handler.apply(state, command);
  }

  @Override
  public EventHandler<LayerState, LayerEvent> eventHandler() {
    return LayerState::on;
  }

  @Override
  public SignalHandler<LayerState> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(RecoveryCompleted.instance(), this::onRecovered)
        .onSignal(RecoveryFailed.class, this::onRecoveryFailed)
        .build();
  }

  @Override
  public Set<String> tagsFor(LayerEvent event) {
    return Tags.ofEntity(entityId);
  }

  @Override
  public RetentionCriteria retentionCriteria() {
    return RetentionCriteria.snapshotEvery(
        settings.snapshots().every(), settings.snapshots().keep());
  }

  private Effect<LayerEvent, LayerState> onBuild(LayerState state, Layer.Build build) {
    boolean again = build.retries() > state.retries();
    if (state.active() && !state.paused() && !again) {
      return Effect().none().thenRun(this::tellIfSettled);
    }
    List<LayerEvent> events = new ArrayList<>();
    events.add(
        new LayerEvent.BuildOrdered(
            build.spec(), build.layer(), build.recording(), build.retries()));
    if (again) {
      state.tasks().failed().forEach(k -> events.add(new TaskEvent.TaskRenewed(k, "retried")));
    }
    return Effect()
        .persist(events)
        .thenRun(
            changed -> {
              offerScores(changed, 0);
              goOn(changed);
            });
  }

  private Effect<LayerEvent, LayerState> onCouple(LayerState state, Layer.Couple couple) {
    if (!state.active()) {
      return Effect().none();
    }
    if (state.coupled() != null && !state.paused()) {
      return Effect().none().thenRun(this::tellIfSettled);
    }
    // Which blocks were ordered first stands; a repeated order ends a pause.
    return Effect()
        .persist(
            new LayerEvent.CouplingOrdered(
                state.coupled() == null ? couple.blocks() : state.coupled()))
        .thenRun(
            changed -> {
              LayerPlan plan = goOn(changed);
              announce(changed, plan);
              tellIfSettled(changed, plan);
            });
  }

  private Effect<LayerEvent, LayerState> onPause(LayerState state, Layer.Pause pause) {
    return state.active() && !state.paused()
        ? Effect().persist(new LayerEvent.BuildPaused()).thenRun(this::goOn)
        : Effect().none();
  }

  private Effect<LayerEvent, LayerState> onOfferScores(
      LayerState state, Layer.OfferScores command) {
    return Effect()
        .none()
        .thenRun(
            changed -> {
              if (changed.spec() == null) {
                tellSolverOfNothing(command.question());
              } else {
                offerScores(changed, command.question());
              }
            });
  }

  private Effect<LayerEvent, LayerState> onAbandon(LayerState state, Layer.Abandon command) {
    if (!state.active()) {
      return Effect().none();
    }
    return Effect()
        .persist(new LayerEvent.BuildAbandoned())
        .thenRun(changed -> leases.offer(changed.spec(), changed.tasks(), List.of()));
  }

  private Effect<LayerEvent, LayerState> onReported(LayerState state, Layer.Reported command) {
    Work.Report report = command.report();
    if (!state.active()) {
      report.gpu().tell(Leases.dismissal(report));
      return Effect().none();
    }
    Leases.Verdict verdict = leases.judge(state.tasks(), state.spec(), report);
    List<LayerEvent> events = new ArrayList<>(verdict.events());
    if (report instanceof Work.Failed failed
        && !events.isEmpty()
        && failed.failure().kind() == Failure.Kind.CORRUPT_ARTEFACT) {
      events.addAll(new LayerPlan(state).reopened(failed.key(), failed.failure()));
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

  private Effect<LayerEvent, LayerState> onDeliver(LayerState state, Layer.Deliver deliver) {
    if (!state.active()) {
      deliver
          .replyTo()
          .tell(new Layer.Receipts(Deliveries.turnedAway(state, deliver.deliveries())));
      return Effect().none();
    }
    Deliveries judged = new Deliveries(state, deliver.deliveries());
    return Effect()
        .persist(new ArrayList<LayerEvent>(judged.events()))
        .thenRun(
            changed -> {
              deliver.replyTo().tell(new Layer.Receipts(judged.receipts()));
              told(changed, judged.events());
            });
  }

  private Effect<LayerEvent, LayerState> onTick(LayerState state, Tick tick) {
    if (!state.active()) {
      return Effect().none();
    }
    List<TaskEvent> lost = leases.expired(state.tasks());
    return Effect()
        .persist(new ArrayList<LayerEvent>(lost))
        .thenRun(
            changed -> {
              if (lost.isEmpty()) {
                goOn(changed);
              } else {
                told(changed, lost);
              }
            });
  }

  private void onRecoveryFailed(LayerState state, RecoveryFailed failed) {
    Unreadable.of(persistenceId().id(), failed.getFailure()).ifPresent(peers::stop);
  }

  /** Also after a journal that failed, which stops timers but keeps this object. */
  private void onRecovered(LayerState state) {
    timers.startTimerWithFixedDelay(Tick.INSTANCE, settings.gpu().heartbeat());
    leases.restart();
    if (state.active()) {
      offerScores(state, 0);
      goOn(state);
    }
  }

  /** Tells the world what has just become durable, then goes on. */
  private void told(LayerState state, List<TaskEvent> events) {
    TaskAnnouncements.tell(peers, state.spec().id(), events);
    boolean advanced = false;
    List<ScoredBlock> scores = new ArrayList<>();
    for (TaskEvent event : events) {
      if (event instanceof TaskEvent.TaskFinished finished) {
        advanced = true;
        if (finished.result() instanceof TaskResult.BlockScored scored) {
          scores.add(LayerPlan.scored(finished.key(), scored));
        }
      } else if (event instanceof TaskEvent.AttemptFailed failed) {
        advanced |= !failed.retried();
      }
    }
    if (!scores.isEmpty()) {
      peers.solver(state.spec().id(), new Solver.Offer(state.layer(), scores));
    }
    if (events.stream().allMatch(e -> e instanceof TaskEvent.AttemptStarted)) {
      // A lease was granted or renewed: what is wanted has not changed.
      return;
    }
    LayerPlan plan = goOn(state);
    if (advanced) {
      announce(state, plan);
      tellIfSettled(state, plan);
    }
  }

  private LayerPlan goOn(LayerState state) {
    LayerPlan plan = new LayerPlan(state);
    leases.offer(
        state.spec(),
        state.tasks(),
        state.paused() ? Leases.running(state.tasks(), plan.wanted()) : plan.wanted());
    return plan;
  }

  private void offerScores(LayerState state, long question) {
    if (state.active()) {
      LayerPlan plan = new LayerPlan(state);
      peers.solver(state.spec().id(), new Solver.Offer(state.layer(), plan.scores(), question));
      announce(state, plan);
      tellIfSettled(state, plan);
    }
  }

  /** A solver that has just started waits for every layer, also for those without a score. */
  private void tellSolverOfNothing(long question) {
    int slash = entityId.lastIndexOf('/');
    peers.solver(
        new RunId(entityId.substring(0, slash)),
        new Solver.Offer(Integer.parseInt(entityId.substring(slash + 1)), List.of(), question));
  }

  private void tellIfSettled(LayerState state) {
    tellIfSettled(state, new LayerPlan(state));
  }

  private void tellIfSettled(LayerState state, LayerPlan plan) {
    if (plan.settled()) {
      peers.run(state.spec().id(), new Run.LayerSettled(plan.library()));
    }
  }

  private void announce(LayerState state, LayerPlan plan) {
    peers.announce(
        new Feed.LayerAdvanced(
            state.spec().id(),
            state.layer(),
            plan.distilled(),
            plan.toTrain(),
            plan.scored(),
            plan.toScore(),
            plan.quarantined()));
  }
}
