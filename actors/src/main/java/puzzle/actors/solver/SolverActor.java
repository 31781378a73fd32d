package puzzle.actors.solver;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import puzzle.actors.work.Chronicle;
import puzzle.actors.work.Peers;
import puzzle.cluster.PuzzleSettings;
import puzzle.engine.solve.ArchitectureSolver;
import puzzle.engine.solve.Row;
import puzzle.engine.solve.Solution;
import puzzle.engine.solve.SolverTable;
import puzzle.model.Incumbent;
import puzzle.model.RunId;
import puzzle.protocol.Feed;
import puzzle.protocol.Layer;
import puzzle.protocol.Run;
import puzzle.protocol.Solver;

/**
 * One run's solver: folds scores as they arrive, solves for a burst of them at once on its own
 * thread, and publishes each new incumbent with its certificate and what caused it. Decides nothing
 * about tasks. Everything it knows can be told again: when it dies, it asks for that.
 *
 * <p>The final answer is solved from the complete table alone, so it does not depend on the order
 * of arrival, on earlier solves, or on who died on the way.
 */
public final class SolverActor extends AbstractBehavior<Solver.Command> {

  private record Checked(Solution solution) implements Solver.Internal {}

  private record Solved(Solution solution, String cause) implements Solver.Internal {}

  private record Listed(List<Solution> solutions) implements Solver.Internal {}

  private record Concluded(SolverCalls.Conclusion conclusion) implements Solver.Internal {}

  private record Broken(Throwable cause) implements Solver.Internal {}

  /** The result of an earlier inquiry. */
  private record Outdated() implements Solver.Internal {}

  private enum Settle implements Solver.Internal {
    INSTANCE
  }

  private final RunId run;
  private final PuzzleSettings.Solver settings;
  private final Peers peers;
  private final TimerScheduler<Solver.Command> timers;
  private final Executor thread;
  private final BiFunction<SolverTable, List<Row>, ArchitectureSolver> solvers;

  /** Tells answers to this solver from those to its predecessors. */
  private final long question = ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE);

  private Inquiry inquiry;

  public static Behavior<Solver.Command> create(
      RunId run,
      PuzzleSettings settings,
      Peers peers,
      BiFunction<SolverTable, List<Row>, ArchitectureSolver> solvers) {
    return Behaviors.supervise(
            Behaviors.<Solver.Command>withTimers(
                timers ->
                    Behaviors.setup(
                        context ->
                            new SolverActor(
                                context, timers, run, settings.solver(), peers, solvers))))
        .onFailure(
            SupervisorStrategy.restartWithBackoff(
                settings.gpu().restartMin(), settings.gpu().restartMax(), 0.2));
  }

  private SolverActor(
      ActorContext<Solver.Command> context,
      TimerScheduler<Solver.Command> timers,
      RunId run,
      PuzzleSettings.Solver settings,
      Peers peers,
      BiFunction<SolverTable, List<Row>, ArchitectureSolver> solvers) {
    super(context);
    this.run = run;
    this.settings = settings;
    this.peers = peers;
    this.timers = timers;
    this.solvers = solvers;
    this.inquiry = inquiry();
    this.thread =
        context
            .getSystem()
            .dispatchers()
            .lookup(DispatcherSelector.fromConfig("puzzle.solver-dispatcher"));
    Chronicle.solverStarted(run);
    peers.run(run, new Run.SolverStarted());
  }

  @Override
  public Receive<Solver.Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Solver.Open.class, this::onOpen)
        .onMessage(Solver.Offer.class, this::onOffer)
        .onMessage(Solver.Shortlist.class, this::onShortlist)
        .onMessage(Solver.Conclude.class, this::onConclude)
        .onMessage(Settle.class, this::onSettle)
        .onMessage(Checked.class, this::onChecked)
        .onMessage(Solved.class, this::onSolved)
        .onMessage(Listed.class, this::onListed)
        .onMessage(Concluded.class, this::onConcluded)
        .onMessage(Broken.class, this::onBroken)
        .onMessage(Outdated.class, outdated -> this)
        .build();
  }

  /** Another target, or other costs: the scores are told again, all else is worked out anew. */
  private Behavior<Solver.Command> onOpen(Solver.Open open) {
    if (open.costs() < inquiry.costs) {
      return this;
    }
    if (inquiry.replacedBy(open)) {
      inquiry = inquiry();
      timers.cancel(Settle.INSTANCE);
    }
    // A choice is told to who asks for it: a run that tries again what failed asks anew.
    if (inquiry.answer instanceof Run.FoundInfeasible) {
      peers.run(run, inquiry.answer);
    } else if (inquiry.possible) {
      peers.run(run, new Run.FoundFeasible());
    }
    SolverInputs inputs = inquiry.inputs;
    if (!inputs.opened()) {
      inputs.open(open.spec(), open.layers(), open.profiles());
      inquiry.costs = open.costs();
      SolverCalls calls = inquiry.calls;
      SolverTable free = inputs.scores().costsAlone();
      List<Row> rows = inputs.scores().rows();
      solve(() -> calls.feasibility(free, rows), Checked::new);
    }
    inputs.silent().forEach(this::askForScores);
    return this;
  }

  private Inquiry inquiry() {
    return new Inquiry(
        new SolverInputs(question), new SolverCalls(solvers, settings), settings.settle());
  }

  private void askForScores(int layer) {
    peers.layer(run, layer, new Layer.OfferScores(question));
  }

  private Behavior<Solver.Command> onOffer(Solver.Offer offer) {
    SolverInputs inputs = inquiry.inputs;
    boolean first = inputs.hear(offer);
    if (inputs.opened()) {
      Chronicle.told(run, offer.layer(), offer.scores());
      continueWith(first || inputs.news());
    }
    return this;
  }

  private Behavior<Solver.Command> onShortlist(Solver.Shortlist shortlist) {
    // One that comes late must not take the last question's place.
    return inquiry.asked() instanceof Solver.Conclude
        ? this
        : answer(shortlist, shortlist.measured());
  }

  private Behavior<Solver.Command> onConclude(Solver.Conclude conclude) {
    return answer(conclude, conclude.measured());
  }

  private Behavior<Solver.Command> answer(Solver.Command asked, List<Integer> measured) {
    if (inquiry.answered(asked)) {
      peers.run(run, inquiry.answer);
      return this;
    }
    inquiry.ask(asked, measured);
    if (!inquiry.inputs.opened()) {
      peers.run(run, new Run.SolverStarted());
      return this;
    }
    inquiry.inputs.behind(measured).forEach(this::askForScores);
    settleNow();
    return this;
  }

  private Behavior<Solver.Command> onSettle(Settle settle) {
    if (!inquiry.ready()) {
      return this;
    }
    SolverInputs inputs = inquiry.inputs;
    SolverCalls calls = inquiry.calls;
    ScoreTable scores = inputs.scores();
    SolverTable table = scores.table();
    List<Row> rows = scores.rows();
    if (inquiry.complete() && inquiry.asked() instanceof Solver.Shortlist) {
      solve(() -> calls.diverse(table, rows), Listed::new);
    } else if (inquiry.complete()) {
      solve(() -> calls.conclude(inputs.spec(), scores, table), Concluded::new);
    } else if (inputs.allHeard() && (inputs.news() || inquiry.published == null)) {
      SolverInputs.Burst burst = inputs.burst();
      String cause =
          inquiry.published == null && inquiry.costs > 0
              ? "costs delivered by another system"
              : burst.cause();
      solve(() -> calls.again(table, rows, burst.puts()), solution -> new Solved(solution, cause));
    }
    return this;
  }

  /** With the costs alone it is known whether any architecture can fit. */
  private Behavior<Solver.Command> onChecked(Checked checked) {
    Chronicle.solved(run);
    if (checked.solution().status() == Solution.Status.INFEASIBLE) {
      reply(new SolverReplies(inquiry).infeasible(checked.solution()));
    } else {
      inquiry.possible = true;
      peers.run(run, new Run.FoundFeasible());
      settle();
    }
    return this;
  }

  private Behavior<Solver.Command> onSolved(Solved solved) {
    Chronicle.solved(run);
    inquiry.restAfter(solved.solution().seconds());
    if (solved.solution().found()) {
      publish(inquiry.inputs.incumbent(solved.solution(), solved.cause()));
    }
    continueWith(inquiry.inputs.news());
    return this;
  }

  private Behavior<Solver.Command> onListed(Listed listed) {
    Solution best = listed.solutions().get(0);
    if (best.found()) {
      publish(inquiry.inputs.incumbent(best, "first stage complete"));
      reply(
          new SolverReplies(inquiry)
              .shortlisted(listed.solutions(), (Solver.Shortlist) inquiry.asked()));
    } else {
      reply(new SolverReplies(inquiry).infeasible(best));
    }
    return this;
  }

  private Behavior<Solver.Command> onConcluded(Concluded concluded) {
    Chronicle.solved(run);
    Solution solution = concluded.conclusion().solution();
    if (solution.found()) {
      Run.Chosen chosen = new SolverReplies(inquiry).chosen(concluded.conclusion());
      publish(chosen.incumbent());
      reply(chosen);
    } else {
      reply(new SolverReplies(inquiry).infeasible(solution));
    }
    return this;
  }

  /** A bug in the search, or no memory: start over with what others tell again. */
  private Behavior<Solver.Command> onBroken(Broken broken) {
    throw new IllegalStateException("the search broke off", broken.cause());
  }

  private void reply(Run.Command answer) {
    inquiry.answer = answer;
    if (answer instanceof Run.FoundInfeasible found) {
      peers.announce(new Feed.LimitsConflict(run, found.infeasible()));
    }
    peers.run(run, answer);
  }

  private void publish(Incumbent incumbent) {
    if (inquiry.news(incumbent)) {
      inquiry.published = incumbent;
      peers.run(run, new Run.FoundIncumbent(incumbent));
      peers.announce(new Feed.IncumbentChanged(run, incumbent));
    }
  }

  private void continueWith(boolean news) {
    if (inquiry.complete()) {
      settleNow();
    } else if (news) {
      settle();
    }
  }

  private void settle() {
    if (!timers.isTimerActive(Settle.INSTANCE)) {
      timers.startSingleTimer(Settle.INSTANCE, inquiry.pause());
    }
  }

  /** The last word does not wait for the rest after a search. */
  private void settleNow() {
    timers.startSingleTimer(Settle.INSTANCE, settings.settle());
  }

  /** Solves on the solver's own thread; what an earlier inquiry began is not heard any more. */
  private <T> void solve(Supplier<T> work, Function<T, Solver.Command> message) {
    Inquiry begun = inquiry;
    begun.solving = true;
    getContext()
        .pipeToSelf(
            CompletableFuture.supplyAsync(work, thread),
            (result, failure) -> {
              begun.solving = false;
              if (begun != inquiry) {
                return new Outdated();
              }
              return failure == null ? message.apply(result) : new Broken(failure);
            });
  }
}
