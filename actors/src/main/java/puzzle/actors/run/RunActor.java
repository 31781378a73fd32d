package puzzle.actors.run;

import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.Effect;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import puzzle.actors.work.Peers;
import puzzle.actors.work.TaskOwner;
import puzzle.actors.work.Wanted;
import puzzle.cluster.PuzzleSettings;
import puzzle.model.Outcome;
import puzzle.persistence.RunEvent;
import puzzle.persistence.RunState;
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
public final class RunActor extends TaskOwner<Run.Command, RunEvent, RunState> {

  private record ReportWritten(Reporting.Written report) implements Run.Internal {}

  /** All candidates are measured. */
  private record Take(int index) implements Run.Internal {}

  private enum Tick implements Run.Internal {
    LEASES,
    RECONCILE
  }

  private final ActorContext<Run.Command> context;
  private final Clock clock;
  private final Consumer<ActorRef<Run.Command>> retire;
  private final RunRequests requests;
  private final Reporting reporting;

  /** The solver has seen the costs and says that there is something to search. */
  private boolean feasible;

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
        new Work.Owner(Work.Owner.Kind.RUN, entityId),
        settings,
        peers,
        nanos,
        timers,
        Tick.LEASES,
        event -> event);
    this.context = context;
    this.clock = clock;
    this.retire = retire;
    this.requests = new RunRequests(peers);
    this.reporting =
        new Reporting(
            context
                .getSystem()
                .dispatchers()
                .lookup(DispatcherSelector.fromConfig("puzzle.file-dispatcher")));
  }

  @Override
  public RunState emptyState() {
    return RunState.EMPTY;
  }

  @Override
  protected CommandHandler<Run.Command, RunEvent, RunState> handlers() {
    return newCommandHandlerBuilder()
        .forAnyState()
        .onCommand(Run.Start.class, this::onStart)
        .onCommand(Run.Pause.class, this::onPause)
        .onCommand(Run.Resume.class, this::onResume)
        .onCommand(Run.Retarget.class, this::onRetarget)
        .onCommand(Run.RetryFailed.class, this::onRetryFailed)
        .onCommand(Run.Cancel.class, this::onCancel)
        .onCommand(Run.DeliverCosts.class, this::onDeliverCosts)
        .onCommand(Run.GetStatus.class, this::onGetStatus)
        .onCommand(Run.Reported.class, (state, told) -> onReported(state, told.report()))
        .onCommand(Run.Reply.class, this::onReply)
        .onCommand(Run.SolverStarted.class, this::onSolverStarted)
        .onCommand(Run.FoundFeasible.class, this::onFoundFeasible)
        .onCommand(Run.FoundIncumbent.class, this::onFoundIncumbent)
        .onCommand(Take.class, this::onTake)
        .onCommand(ReportWritten.class, this::onReportWritten)
        .onCommand(Tick.class, this::onTick)
        .build();
  }

  @Override
  public EventHandler<RunState, RunEvent> eventHandler() {
    return RunState::on;
  }

  private Effect<RunEvent, RunState> onStart(RunState state, Run.Start start) {
    if (!state.started()) {
      return Effect()
          .persist(
              new RunEvent.RunStarted(start.spec(), start.layers(), start.hash(), clock.instant()))
          .thenRun(
              changed -> {
                start.replyTo().tell(new Run.Accepted(false));
                proceed(changed);
              });
    }
    String refusal = RunRequests.refusal(state, start);
    start.replyTo().tell(refusal == null ? new Run.Accepted(true) : new Run.Refused(refusal));
    return Effect().none().thenRun(requests::announce);
  }

  private Effect<RunEvent, RunState> onPause(RunState state, Run.Pause pause) {
    return carryOut(orders(state).pause(), pause.replyTo());
  }

  private Effect<RunEvent, RunState> onResume(RunState state, Run.Resume resume) {
    return carryOut(orders(state).resume(), resume.replyTo());
  }

  private Effect<RunEvent, RunState> onRetarget(RunState state, Run.Retarget retarget) {
    return carryOut(orders(state).retarget(retarget.target()), retarget.replyTo());
  }

  private Effect<RunEvent, RunState> onRetryFailed(RunState state, Run.RetryFailed retry) {
    return carryOut(orders(state).retryFailed(), retry.replyTo());
  }

  private Orders orders(RunState state) {
    return new Orders(entityId, state, clock.instant());
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
                withdraw(changed);
                proceed(changed);
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
    List<RunEvent> events = judged.events(clock.instant());
    return Effect()
        .persist(events)
        .thenRun(
            changed -> {
              deliver.replyTo().tell(new Layer.Receipts(judged.receipts()));
              if (!events.isEmpty()) {
                feasible = false;
                proceed(changed);
              }
            });
  }

  private Effect<RunEvent, RunState> onGetStatus(RunState state, Run.GetStatus get) {
    get.replyTo().tell(RunRequests.status(state));
    return Effect().none();
  }

  /** Continues with what is news; the rest came late or twice, or is about something else. */
  private Effect<RunEvent, RunState> onReply(RunState state, Run.Reply reply) {
    Optional<RunEvent> news = new RunReplies(state).to(reply);
    return news.isPresent() ? Effect().persist(news.get()).thenRun(this::proceed) : Effect().none();
  }

  private Effect<RunEvent, RunState> onSolverStarted(RunState state, Run.SolverStarted started) {
    return Effect().none().thenRun(requests::openSolver);
  }

  private Effect<RunEvent, RunState> onFoundFeasible(RunState state, Run.FoundFeasible found) {
    if (!state.active() || feasible) {
      return Effect().none();
    }
    feasible = true;
    return Effect().none().thenRun(this::proceed);
  }

  /** What happened on the way to the choice is for onlookers; nothing here depends on it. */
  private Effect<RunEvent, RunState> onFoundIncumbent(RunState state, Run.FoundIncumbent found) {
    return state.active()
        ? Effect().persist(new RunEvent.IncumbentFound(found.incumbent()))
        : Effect().none();
  }

  private Effect<RunEvent, RunState> onTake(RunState state, Take take) {
    return state.active() && state.undecided()
        ? Effect()
            .persist(new RunEvent.CandidateTaken(take.index()))
            .thenRun(
                changed -> {
                  peers.announce(
                      new Feed.IncumbentChanged(changed.spec().id(), changed.incumbent()));
                  proceed(changed);
                })
        : Effect().none();
  }

  private Effect<RunEvent, RunState> onReportWritten(RunState state, ReportWritten written) {
    Reporting.Written report = written.report();
    if (!reporting.counts(report) || !state.active()) {
      return Effect().none();
    }
    if (!report.retried()) {
      return end(report.outcome(), () -> {});
    }
    // The next reminder tries again: there may be room by then.
    context.getLog().warn("{}: {}", entityId, report.outcome().detail());
    peers.announce(report.fact(state.spec().id()));
    return Effect().none();
  }

  private Effect<RunEvent, RunState> onTick(RunState state, Tick tick) {
    if (tick == Tick.LEASES) {
      return onHeartbeat(state);
    }
    if (!state.active()) {
      retire.accept(context.getSelf());
      return Effect().none();
    }
    return Effect().none().thenRun(this::proceed);
  }

  @Override
  protected List<Wanted> wanted(RunState state) {
    return new RunPlan(state).wanted();
  }

  @Override
  protected void recovered(RunState state) {
    timers.startTimerWithFixedDelay(Tick.RECONCILE, settings.reconcile());
    reporting.startOver();
    if (state.active()) {
      proceed(state);
    }
  }

  @Override
  protected void advanced(RunState state, List<TaskEvent> events) {
    proceed(state);
  }

  /** Asks everybody whose answer is missing; safe to do at any time. */
  private void proceed(RunState state) {
    RunPlan plan = new RunPlan(state);
    offer(state, plan.wanted());
    requests.send(state, plan, feasible);
    plan.taking().ifPresent(index -> context.getSelf().tell(new Take(index)));
    plan.outcome().ifPresent(outcome -> report(state, outcome));
  }

  /** Writes the run's folder, then ends the run. */
  private void report(RunState state, Outcome outcome) {
    reporting
        .write(state.on(new RunEvent.RunEnded(outcome, clock.instant())))
        .ifPresent(
            written -> context.pipeToSelf(written, (report, failure) -> new ReportWritten(report)));
  }

  private Effect<RunEvent, RunState> end(Outcome outcome, Runnable answer) {
    return Effect()
        .persist(new RunEvent.RunEnded(outcome, clock.instant()))
        .thenRun(
            changed -> {
              answer.run();
              withdraw(changed);
              requests.abandon(changed);
              requests.announce(changed);
            });
  }
}
