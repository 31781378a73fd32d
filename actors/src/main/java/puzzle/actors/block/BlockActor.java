package puzzle.actors.block;

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
import puzzle.actors.work.News;
import puzzle.actors.work.Peers;
import puzzle.actors.work.Unreadable;
import puzzle.cluster.PuzzleSettings;
import puzzle.model.Failure;
import puzzle.model.RunId;
import puzzle.model.ScoredBlock;
import puzzle.model.TaskResult;
import puzzle.persistence.BlockEvent;
import puzzle.persistence.BlockState;
import puzzle.persistence.Tags;
import puzzle.persistence.TaskEvent;
import puzzle.protocol.Block;
import puzzle.protocol.Feed;
import puzzle.protocol.Run;
import puzzle.protocol.Solver;
import puzzle.protocol.Work;

/**
 * One layer's block: owns what is trained and scored there, every attempt, the retries and the
 * results. It never touches a tensor and never runs anything. When it dies, its journal brings it
 * back where it was, running attempts included; scores are then told to the solver again.
 */
public final class BlockActor extends EventSourcedBehavior<Block.Command, BlockEvent, BlockState> {

  private enum Tick implements Block.Internal {
    INSTANCE
  }

  private final TimerScheduler<Block.Command> timers;
  private final String entityId;
  private final PuzzleSettings settings;
  private final Peers peers;
  private final Leases leases;

  public static Behavior<Block.Command> create(
      String entityId, PuzzleSettings settings, Peers peers, LongSupplier nanos) {
    return Behaviors.withTimers(timers -> new BlockActor(timers, entityId, settings, peers, nanos));
  }

  private BlockActor(
      TimerScheduler<Block.Command> timers,
      String entityId,
      PuzzleSettings settings,
      Peers peers,
      LongSupplier nanos) {
    super(
        PersistenceId.of("Block", entityId),
        SupervisorStrategy.restartWithBackoff(
            settings.gpu().restartMin(), settings.gpu().restartMax(), 0.2));
    this.timers = timers;
    this.entityId = entityId;
    this.settings = settings;
    this.peers = peers;
    this.leases =
        new Leases(
            new Work.Owner(Work.Owner.Kind.BLOCK, entityId),
            settings.lease(),
            peers::pool,
            nanos,
            new SplittableRandom(entityId.hashCode()));
  }

  @Override
  public BlockState emptyState() {
    return BlockState.EMPTY;
  }

  @Override
  public CommandHandler<Block.Command, BlockEvent, BlockState> commandHandler() {
    CommandHandler<Block.Command, BlockEvent, BlockState> handler =
        newCommandHandlerBuilder()
            .forAnyState()
            .onCommand(Block.Build.class, this::onBuild)
            .onCommand(Block.Couple.class, this::onCouple)
            .onCommand(Block.Pause.class, this::onPause)
            .onCommand(Block.OfferScores.class, this::onOfferScores)
            .onCommand(Block.Abandon.class, this::onAbandon)
            .onCommand(Block.Reported.class, this::onReported)
            .onCommand(Block.Deliver.class, this::onDeliver)
            .onCommand(Tick.class, this::onTick)
            .build();
    return (state, command) -> peers.replaced() ? Effect().none() : handler.apply(state, command);
  }

  @Override
  public EventHandler<BlockState, BlockEvent> eventHandler() {
    return BlockState::on;
  }

  @Override
  public SignalHandler<BlockState> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(RecoveryCompleted.instance(), this::onRecovered)
        .onSignal(RecoveryFailed.class, this::onRecoveryFailed)
        .build();
  }

  @Override
  public Set<String> tagsFor(BlockEvent event) {
    return Tags.ofEntity(entityId);
  }

  @Override
  public RetentionCriteria retentionCriteria() {
    return RetentionCriteria.snapshotEvery(
        settings.snapshots().every(), settings.snapshots().keep());
  }

  private Effect<BlockEvent, BlockState> onBuild(BlockState state, Block.Build build) {
    boolean again = build.retries() > state.retries();
    if (state.active() && !state.paused() && !again) {
      return Effect().none().thenRun(this::tellIfSettled);
    }
    List<BlockEvent> events = new ArrayList<>();
    events.add(
        new BlockEvent.BuildOrdered(
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

  private Effect<BlockEvent, BlockState> onCouple(BlockState state, Block.Couple couple) {
    if (!state.active()) {
      return Effect().none();
    }
    if (state.coupled() != null && !state.paused()) {
      return Effect().none().thenRun(this::tellIfSettled);
    }
    // Which blocks were ordered first stands; a repeated order ends a pause.
    return Effect()
        .persist(
            new BlockEvent.CouplingOrdered(
                state.coupled() == null ? couple.blocks() : state.coupled()))
        .thenRun(
            changed -> {
              LayerPlan plan = goOn(changed);
              announce(changed, plan);
              tellIfSettled(changed, plan);
            });
  }

  private Effect<BlockEvent, BlockState> onPause(BlockState state, Block.Pause pause) {
    return state.active() && !state.paused()
        ? Effect().persist(new BlockEvent.BuildPaused()).thenRun(this::goOn)
        : Effect().none();
  }

  private Effect<BlockEvent, BlockState> onOfferScores(
      BlockState state, Block.OfferScores command) {
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

  private Effect<BlockEvent, BlockState> onAbandon(BlockState state, Block.Abandon command) {
    if (!state.active()) {
      return Effect().none();
    }
    return Effect()
        .persist(new BlockEvent.BuildAbandoned())
        .thenRun(changed -> leases.offer(changed.spec(), changed.tasks(), List.of()));
  }

  private Effect<BlockEvent, BlockState> onReported(BlockState state, Block.Reported command) {
    Work.Report report = command.report();
    if (!state.active()) {
      report.gpu().tell(Leases.dismissal(report));
      return Effect().none();
    }
    Leases.Verdict verdict = leases.judge(state.tasks(), state.spec(), report);
    List<BlockEvent> events = new ArrayList<>(verdict.events());
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

  private Effect<BlockEvent, BlockState> onDeliver(BlockState state, Block.Deliver deliver) {
    if (!state.active()) {
      deliver
          .replyTo()
          .tell(new Block.Receipts(Deliveries.turnedAway(state, deliver.deliveries())));
      return Effect().none();
    }
    Deliveries judged = new Deliveries(state, deliver.deliveries());
    return Effect()
        .persist(new ArrayList<BlockEvent>(judged.events()))
        .thenRun(
            changed -> {
              deliver.replyTo().tell(new Block.Receipts(judged.receipts()));
              told(changed, judged.events());
            });
  }

  private Effect<BlockEvent, BlockState> onTick(BlockState state, Tick tick) {
    if (!state.active()) {
      return Effect().none();
    }
    List<TaskEvent> lost = leases.expired(state.tasks());
    return Effect()
        .persist(new ArrayList<BlockEvent>(lost))
        .thenRun(
            changed -> {
              if (lost.isEmpty()) {
                goOn(changed);
              } else {
                told(changed, lost);
              }
            });
  }

  private void onRecoveryFailed(BlockState state, RecoveryFailed failed) {
    Unreadable.of(persistenceId().id(), failed.getFailure()).ifPresent(peers::stop);
  }

  /** Also after a journal that failed, which stops timers but keeps this object. */
  private void onRecovered(BlockState state) {
    timers.startTimerWithFixedDelay(Tick.INSTANCE, settings.gpu().heartbeat());
    leases.restart();
    if (state.active()) {
      offerScores(state, 0);
      goOn(state);
    }
  }

  /** Tells the world what has just become durable, then goes on. */
  private void told(BlockState state, List<TaskEvent> events) {
    News.tell(peers, state.spec().id(), events);
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

  private LayerPlan goOn(BlockState state) {
    LayerPlan plan = new LayerPlan(state);
    leases.offer(
        state.spec(),
        state.tasks(),
        state.paused() ? Leases.running(state.tasks(), plan.wanted()) : plan.wanted());
    return plan;
  }

  private void offerScores(BlockState state, long question) {
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

  private void tellIfSettled(BlockState state) {
    tellIfSettled(state, new LayerPlan(state));
  }

  private void tellIfSettled(BlockState state, LayerPlan plan) {
    if (plan.settled()) {
      peers.run(state.spec().id(), new Run.LayerSettled(plan.library()));
    }
  }

  private void announce(BlockState state, LayerPlan plan) {
    peers.announce(
        new Feed.LayerAdvanced(
            state.spec().id(),
            state.layer(),
            plan.distilled(),
            plan.toDistil(),
            plan.scored(),
            plan.toScore(),
            plan.quarantined()));
  }
}
