package puzzle.actors.run;

import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
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
import puzzle.model.Outcome;
import puzzle.model.Phase;
import puzzle.persistence.RunEvent;
import puzzle.persistence.RunState;
import puzzle.persistence.Tags;
import puzzle.persistence.TaskEvent;
import puzzle.protocol.Feed;
import puzzle.protocol.Layer;
import puzzle.protocol.Run;
import puzzle.protocol.Work;

/**
 * One run: owns what is the parent's or is shared by all layers, and the order of the phases. It
 * never trains and never solves. Every so often it asks those whose answer is missing again; each
 * of them answers a repeated question with the answer on record, so it does not matter who died,
 * moved or lost a message. When it dies, its journal brings it back.
 */
public final class RunActor extends EventSourcedBehavior<Run.Command, RunEvent, RunState> {

  private record ReportWritten(Reporting.Written report) implements Run.Internal {}

  /** All candidates are measured. */
  private record Take(int index) implements Run.Internal {}

  private enum Tick implements Run.Internal {
    LEASES,
    RECONCILE
  }

  private final ActorContext<Run.Command> context;
  private final TimerScheduler<Run.Command> timers;
  private final String entityId;
  private final PuzzleSettings settings;
  private final Peers peers;
  private final Clock clock;
  private final Consumer<ActorRef<Run.Command>> retire;
  private final RunRequests prompts;
  private final Leases leases;
  private final Reporting reporting;

  /** The solver has seen the costs and says that there is something to search. */
  private boolean feasible;

  public static Behavior<Run.Command> create(
      String entityId, PuzzleSettings settings, Peers peers, LongSupplier nanos, Clock clock) {
    return create(entityId, settings, peers, nanos, clock, self -> {});
  }

  /**
   * @param retire called now and then with a run that has ended: it need not stay in memory
   */
  public static Behavior<Run.Command> create(
      String entityId,
      PuzzleSettings settings,
      Peers peers,
      LongSupplier nanos,
      Clock clock,
      Consumer<ActorRef<Run.Command>> retire) {
    return Behaviors.withTimers(
        timers ->
            Behaviors.setup(
                context ->
                    new RunActor(
                        context, timers, entityId, settings, peers, nanos, clock, retire)));
  }

  private RunActor(
      ActorContext<Run.Command> context,
      TimerScheduler<Run.Command> timers,
      String entityId,
      PuzzleSettings settings,
      Peers peers,
      LongSupplier nanos,
      Clock clock,
      Consumer<ActorRef<Run.Command>> retire) {
    super(
        PersistenceId.of("Run", entityId),
        SupervisorStrategy.restartWithBackoff(
            settings.gpu().restartMin(), settings.gpu().restartMax(), 0.2));
    this.context = context;
    this.timers = timers;
    this.entityId = entityId;
    this.settings = settings;
    this.peers = peers;
    this.clock = clock;
    this.retire = retire;
    this.prompts = new RunRequests(peers);
    this.reporting =
        new Reporting(
            context
                .getSystem()
                .dispatchers()
                .lookup(DispatcherSelector.fromConfig("puzzle.file-dispatcher")));
    this.leases =
        new Leases(
            new Work.Owner(Work.Owner.Kind.RUN, entityId),
            settings.lease(),
            peers::pool,
            nanos,
            new SplittableRandom(entityId.hashCode()));
  }

  @Override
  public RunState emptyState() {
    return RunState.EMPTY;
  }

  @Override
  public CommandHandler<Run.Command, RunEvent, RunState> commandHandler() {
    CommandHandler<Run.Command, RunEvent, RunState> handler =
        newCommandHandlerBuilder()
            .forAnyState()
            .onCommand(Run.Start.class, this::onStart)
            .onCommand(Run.Pause.class, this::onPause)
            .onCommand(Run.Resume.class, this::onResume)
            .onCommand(Run.Retarget.class, this::onRetarget)
            .onCommand(Run.RetryFailed.class, this::onRetryFailed)
            .onCommand(Run.Cancel.class, this::onCancel)
            .onCommand(Run.DeliverCosts.class, this::onDeliverCosts)
            .onCommand(Run.GetStatus.class, this::onGetStatus)
            .onCommand(Run.Reported.class, this::onReported)
            .onCommand(Run.LayerSettled.class, this::onLayerSettled)
            .onCommand(Run.SolverStarted.class, this::onSolverStarted)
            .onCommand(Run.FoundFeasible.class, this::onFoundFeasible)
            .onCommand(Run.FoundInfeasible.class, this::onFoundInfeasible)
            .onCommand(Run.Shortlisted.class, this::onShortlisted)
            .onCommand(Run.FoundIncumbent.class, this::onFoundIncumbent)
            .onCommand(Run.Chosen.class, this::onChosen)
            .onCommand(Take.class, this::onTake)
            .onCommand(Run.ChildHealed.class, this::onChildHealed)
            .onCommand(Run.GkdGivenUp.class, this::onGkdGivenUp)
            .onCommand(ReportWritten.class, this::onReportWritten)
            .onCommand(Tick.class, this::onTick)
            .build();
    return (state, command) -> peers.replaced() ? Effect().none() : handler.apply(state, command);
  }

  @Override
  public EventHandler<RunState, RunEvent> eventHandler() {
    return RunState::on;
  }

  @Override
  public SignalHandler<RunState> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(RecoveryCompleted.instance(), this::onRecovered)
        .onSignal(RecoveryFailed.class, this::onRecoveryFailed)
        .build();
  }

  @Override
  public Set<String> tagsFor(RunEvent event) {
    return Tags.ofEntity(entityId);
  }

  @Override
  public RetentionCriteria retentionCriteria() {
    return RetentionCriteria.snapshotEvery(
        settings.snapshots().every(), settings.snapshots().keep());
  }

  private Effect<RunEvent, RunState> onStart(RunState state, Run.Start start) {
    if (!state.started()) {
      return Effect()
          .persist(
              new RunEvent.RunStarted(start.spec(), start.layers(), start.hash(), clock.instant()))
          .thenRun(
              changed -> {
                start.replyTo().tell(new Run.Accepted(false));
                goOn(changed);
              });
    }
    String refusal = RunRequests.refusal(state, start);
    start.replyTo().tell(refusal == null ? new Run.Accepted(true) : new Run.Refused(refusal));
    return Effect().none().thenRun(this::announce);
  }

  private Effect<RunEvent, RunState> onPause(RunState state, Run.Pause pause) {
    return carryOut(new Orders(entityId, state, clock.instant()).pause(), pause.replyTo());
  }

  private Effect<RunEvent, RunState> onResume(RunState state, Run.Resume resume) {
    return carryOut(new Orders(entityId, state, clock.instant()).resume(), resume.replyTo());
  }

  private Effect<RunEvent, RunState> onRetarget(RunState state, Run.Retarget retarget) {
    Orders orders = new Orders(entityId, state, clock.instant());
    return carryOut(orders.retarget(retarget.target()), retarget.replyTo());
  }

  private Effect<RunEvent, RunState> onRetryFailed(RunState state, Run.RetryFailed retry) {
    return carryOut(new Orders(entityId, state, clock.instant()).retryFailed(), retry.replyTo());
  }

  private Effect<RunEvent, RunState> carryOut(
      Orders.Verdict verdict, ActorRef<Run.Answer> replyTo) {
    return Effect()
        .persist(verdict.events())
        .thenRun(
            changed -> {
              replyTo.tell(verdict.answer());
              if (!verdict.events().isEmpty()) {
                reporting.startOver();
                feasible = false;
                // What is on offer may be about something that is no longer asked for.
                leases.offer(changed.spec(), changed.tasks(), List.of());
                goOn(changed);
              }
            });
  }

  private Effect<RunEvent, RunState> onCancel(RunState state, Run.Cancel cancel) {
    if (!state.active()) {
      cancel.replyTo().tell(new Run.Refused(RunRequests.notActive(entityId, state)));
      return Effect().none();
    }
    return end(
        new Outcome(Outcome.Kind.CANCELLED, cancel.reason()),
        () -> cancel.replyTo().tell(new Run.Accepted(false)));
  }

  private Effect<RunEvent, RunState> onDeliverCosts(RunState state, Run.DeliverCosts deliver) {
    CostDeliveries judged = new CostDeliveries(entityId, state, deliver.costs());
    List<RunEvent> events =
        judged.recorded().isEmpty()
            ? List.of()
            : List.of(new RunEvent.CostsDelivered(judged.recorded(), clock.instant()));
    return Effect()
        .persist(events)
        .thenRun(
            changed -> {
              deliver.replyTo().tell(new Layer.Receipts(judged.receipts()));
              if (!events.isEmpty()) {
                feasible = false;
                goOn(changed);
              }
            });
  }

  private Effect<RunEvent, RunState> onGetStatus(RunState state, Run.GetStatus get) {
    get.replyTo().tell(RunRequests.status(state));
    return Effect().none();
  }

  private Effect<RunEvent, RunState> onReported(RunState state, Run.Reported command) {
    Work.Report report = command.report();
    if (!state.active()) {
      report.gpu().tell(Leases.dismissal(report));
      return Effect().none();
    }
    Leases.Verdict verdict = leases.judge(state.tasks(), state.spec(), report);
    return Effect()
        .persist(new ArrayList<RunEvent>(verdict.events()))
        .thenRun(
            changed -> {
              if (verdict.answer() != null) {
                report.gpu().tell(verdict.answer());
              }
              told(changed, verdict.events());
            });
  }

  private Effect<RunEvent, RunState> onLayerSettled(RunState state, Run.LayerSettled settled) {
    return keep(new RunReplies(state).to(settled));
  }

  private Effect<RunEvent, RunState> onSolverStarted(RunState state, Run.SolverStarted started) {
    return Effect().none().thenRun(prompts::openSolver);
  }

  private Effect<RunEvent, RunState> onFoundFeasible(RunState state, Run.FoundFeasible found) {
    if (!state.active() || feasible) {
      return Effect().none();
    }
    feasible = true;
    return Effect().none().thenRun(this::goOn);
  }

  private Effect<RunEvent, RunState> onFoundInfeasible(RunState state, Run.FoundInfeasible found) {
    return keep(new RunReplies(state).to(found));
  }

  /** What happened on the way to the choice is for onlookers; nothing here depends on it. */
  private Effect<RunEvent, RunState> onFoundIncumbent(RunState state, Run.FoundIncumbent found) {
    return state.active()
        ? Effect().persist(new RunEvent.IncumbentFound(found.incumbent()))
        : Effect().none();
  }

  private Effect<RunEvent, RunState> onShortlisted(RunState state, Run.Shortlisted listed) {
    return keep(new RunReplies(state).to(listed));
  }

  private Effect<RunEvent, RunState> onChosen(RunState state, Run.Chosen chosen) {
    return keep(new RunReplies(state).to(chosen));
  }

  private Effect<RunEvent, RunState> onTake(RunState state, Take take) {
    return state.active() && state.undecided()
        ? Effect()
            .persist(new RunEvent.CandidateTaken(take.index()))
            .thenRun(
                changed -> {
                  peers.announce(
                      new Feed.IncumbentChanged(changed.spec().id(), changed.incumbent()));
                  goOn(changed);
                })
        : Effect().none();
  }

  private Effect<RunEvent, RunState> onChildHealed(RunState state, Run.ChildHealed healed) {
    return keep(new RunReplies(state).to(healed));
  }

  private Effect<RunEvent, RunState> onGkdGivenUp(RunState state, Run.GkdGivenUp givenUp) {
    return keep(new RunReplies(state).to(givenUp));
  }

  /** Goes on with what is news; the rest came late or twice, or is about something else. */
  private Effect<RunEvent, RunState> keep(Optional<RunEvent> news) {
    return news.isPresent() ? Effect().persist(news.get()).thenRun(this::goOn) : Effect().none();
  }

  private Effect<RunEvent, RunState> onReportWritten(RunState state, ReportWritten written) {
    Reporting.Written report = written.report();
    if (!reporting.counts(report) || !state.active()) {
      return Effect().none();
    }
    if (!report.retried()) {
      return end(report.outcome());
    }
    // The next reminder tries again: there may be room by then.
    String what = report.outcome().detail();
    context.getLog().warn("{}: {}", entityId, what);
    Failure full = new Failure(Failure.Kind.NO_STORAGE, what + "\nMaybe the disk is full.");
    peers.announce(new Feed.AttemptFailed(state.spec().id(), Phase.REPORT.label(), 1, full, true));
    return Effect().none();
  }

  private Effect<RunEvent, RunState> onTick(RunState state, Tick tick) {
    if (!state.active()) {
      if (tick == Tick.RECONCILE) {
        retire.accept(context.getSelf());
      }
      return Effect().none();
    }
    if (tick == Tick.RECONCILE) {
      return Effect().none().thenRun(this::goOn);
    }
    List<TaskEvent> lost = leases.expired(state.tasks());
    return Effect()
        .persist(new ArrayList<RunEvent>(lost))
        .thenRun(
            changed -> {
              if (!lost.isEmpty()) {
                told(changed, lost);
              } else {
                offer(changed, new RunPlan(changed));
              }
            });
  }

  private void onRecoveryFailed(RunState state, RecoveryFailed failed) {
    Unreadable.of(persistenceId().id(), failed.getFailure()).ifPresent(peers::stop);
  }

  /** Also after a journal that failed, which stops timers but keeps this object. */
  private void onRecovered(RunState state) {
    timers.startTimerWithFixedDelay(Tick.LEASES, settings.gpu().heartbeat());
    timers.startTimerWithFixedDelay(Tick.RECONCILE, settings.reconcile());
    leases.restart();
    reporting.startOver();
    if (state.active()) {
      goOn(state);
    }
  }

  private void told(RunState state, List<TaskEvent> events) {
    TaskAnnouncements.tell(peers, state.spec().id(), events);
    if (events.stream().allMatch(e -> e instanceof TaskEvent.AttemptStarted)) {
      return;
    }
    goOn(state);
  }

  /** Asks everybody whose answer is missing; safe to do at any time. */
  private void goOn(RunState state) {
    RunPlan plan = new RunPlan(state);
    announce(state, plan);
    offer(state, plan);
    prompts.send(state, plan, feasible);
    plan.taking().ifPresent(index -> context.getSelf().tell(new Take(index)));
    plan.outcome().ifPresent(outcome -> report(state, outcome));
  }

  private void offer(RunState state, RunPlan plan) {
    leases.offer(
        state.spec(),
        state.tasks(),
        state.paused() ? Leases.running(state.tasks(), plan.wanted()) : plan.wanted());
  }

  /** Writes the run's folder, then ends the run. */
  private void report(RunState state, Outcome outcome) {
    RunState last = state.on(new RunEvent.RunEnded(outcome, clock.instant()));
    reporting
        .write(last)
        .ifPresent(
            written -> context.pipeToSelf(written, (report, failure) -> new ReportWritten(report)));
  }

  private Effect<RunEvent, RunState> end(Outcome outcome) {
    return end(outcome, () -> {});
  }

  private Effect<RunEvent, RunState> end(Outcome outcome, Runnable answer) {
    return Effect()
        .persist(new RunEvent.RunEnded(outcome, clock.instant()))
        .thenRun(
            changed -> {
              answer.run();
              leases.offer(changed.spec(), changed.tasks(), List.of());
              prompts.abandon(changed);
              announce(changed);
            });
  }

  private void announce(RunState state) {
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
}
