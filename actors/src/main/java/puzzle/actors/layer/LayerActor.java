package puzzle.actors.layer;

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
import puzzle.model.ScoredBlock;
import puzzle.persistence.LayerEvent;
import puzzle.persistence.LayerState;
import puzzle.persistence.TaskEvent;
import puzzle.protocol.Feed;
import puzzle.protocol.Layer;
import puzzle.protocol.Run;
import puzzle.protocol.Solver;
import puzzle.protocol.Work;

/**
 * One layer: owns what is trained and scored there, every attempt, the retries and the results. It
 * never touches a tensor and never runs anything. When it dies, its journal brings it back where it
 * was, running attempts included; scores are then told to the solver again.
 */
public final class LayerActor extends TaskOwner<Layer.Command, LayerEvent, LayerState> {

  private enum Tick implements Layer.Internal {
    INSTANCE
  }

  private final Layer.Id id;

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
        new Work.Owner(Work.Owner.Kind.LAYER, entityId),
        settings,
        peers,
        nanos,
        timers,
        Tick.INSTANCE,
        event -> event);
    this.id = Layer.Id.parse(entityId);
  }

  @Override
  public LayerState emptyState() {
    return LayerState.EMPTY;
  }

  @Override
  protected CommandHandler<Layer.Command, LayerEvent, LayerState> handlers() {
    return newCommandHandlerBuilder()
        .forAnyState()
        .onCommand(Layer.Build.class, this::onBuild)
        .onCommand(Layer.Couple.class, this::onCouple)
        .onCommand(Layer.Pause.class, this::onPause)
        .onCommand(Layer.OfferScores.class, this::onOfferScores)
        .onCommand(Layer.Abandon.class, this::onAbandon)
        .onCommand(Layer.Reported.class, (state, told) -> onReported(state, told.report()))
        .onCommand(Layer.Deliver.class, this::onDeliver)
        .onCommand(Tick.class, (state, tick) -> onHeartbeat(state))
        .build();
  }

  @Override
  public EventHandler<LayerState, LayerEvent> eventHandler() {
    return LayerState::on;
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
              proceed(changed);
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
              LayerPlan plan = proceed(changed);
              announce(changed, plan);
              tellIfSettled(changed, plan);
            });
  }

  private Effect<LayerEvent, LayerState> onPause(LayerState state, Layer.Pause pause) {
    return state.active() && !state.paused()
        ? Effect().persist(new LayerEvent.BuildPaused()).thenRun(this::proceed)
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
    return Effect().persist(new LayerEvent.BuildAbandoned()).thenRun(this::withdraw);
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
        .persist(own(judged.events()))
        .thenRun(
            changed -> {
              deliver.replyTo().tell(new Layer.Receipts(judged.receipts()));
              told(changed, judged.events());
            });
  }

  @Override
  protected List<Wanted> wanted(LayerState state) {
    return new LayerPlan(state).wanted();
  }

  /** Weights that failed their check when a task read them are made again; the task waits. */
  @Override
  protected List<TaskEvent> reopened(LayerState state, Work.Failed failed) {
    return new LayerPlan(state).reopened(failed.key(), failed.failure());
  }

  @Override
  protected void recovered(LayerState state) {
    if (state.active()) {
      offerScores(state, 0);
      proceed(state);
    }
  }

  /** The solver hears of new scores before anything else is done about them. */
  @Override
  protected void advanced(LayerState state, List<TaskEvent> events) {
    LayerPlan plan = new LayerPlan(state);
    boolean settled = false;
    List<ScoredBlock> scores = new ArrayList<>();
    for (TaskEvent event : events) {
      if (event instanceof TaskEvent.TaskFinished) {
        settled = true;
        plan.score(event.key()).ifPresent(scores::add);
      } else if (event instanceof TaskEvent.AttemptFailed failed) {
        settled |= !failed.retried();
      }
    }
    if (!scores.isEmpty()) {
      peers.solver(state.spec().id(), new Solver.Offer(state.layer(), scores));
    }
    offer(state, plan.wanted());
    if (settled) {
      announce(state, plan);
      tellIfSettled(state, plan);
    }
  }

  private LayerPlan proceed(LayerState state) {
    LayerPlan plan = new LayerPlan(state);
    offer(state, plan.wanted());
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
    peers.solver(id.run(), new Solver.Offer(id.layer(), List.of(), question));
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
