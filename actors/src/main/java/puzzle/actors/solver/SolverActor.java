package puzzle.actors.solver;

import java.time.Duration;
import java.util.ArrayList;
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
import puzzle.model.Baseline;
import puzzle.model.Incumbent;
import puzzle.model.Infeasible;
import puzzle.model.RunId;
import puzzle.model.RunSpec;
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

  /**
   * The last word.
   *
   * @param best the solution and, where candidates are wanted, those next to it
   */
  private record Concluded(Solution solution, List<Solution> best, List<Baseline> baselines)
      implements Solver.Internal {}

  private record Broken(Throwable cause) implements Solver.Internal {}

  /** The answer to a question about an earlier target. */
  private record Outdated() implements Solver.Internal {}

  private enum Settle implements Solver.Internal {
    INSTANCE
  }

  /** Rest after a search, as a multiple of its time. */
  private static final double REST = 4;

  private final RunId run;
  private final PuzzleSettings.Solver settings;
  private final Peers peers;
  private final TimerScheduler<Solver.Command> timers;
  private final Executor thread;
  private final Supplier<SolverCalls> searches;
  private SolverCalls search;

  /** Counts the problems so far: targets, and costs that changed. */
  private int generation;

  /** {@link Solver.Open#costs} of the table. */
  private int costs;

  /** Tells answers to this solver from those to its predecessors. */
  private final long question = ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE);

  private SolverInputs evidence = new SolverInputs(question);
  private boolean solving;
  private Duration pause;
  private boolean possible;

  /** Shortlist or Conclude, whichever the run asked last. */
  private Solver.Command asked;

  private List<Integer> wanted;

  /** To the question, or that there is no solution. */
  private Run.Command answer;

  private Incumbent published;

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
                                context,
                                timers,
                                run,
                                settings.solver(),
                                peers,
                                () -> new SolverCalls(solvers)))))
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
      Supplier<SolverCalls> searches) {
    super(context);
    this.run = run;
    this.settings = settings;
    this.peers = peers;
    this.timers = timers;
    this.searches = searches;
    this.search = searches.get();
    this.pause = settings.settle();
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

  private Behavior<Solver.Command> onOpen(Solver.Open open) {
    if (open.costs() < costs) {
      return this;
    }
    if (evidence.about(open.spec()) || evidence.opened() && open.costs() > costs) {
      startOver();
    }
    // A choice is told to who asks for it: a run that tries again what failed asks anew.
    if (answer instanceof Run.FoundInfeasible) {
      peers.run(run, answer);
    } else if (possible) {
      peers.run(run, new Run.FoundFeasible());
    }
    if (!evidence.opened()) {
      evidence.open(open.spec(), open.layers(), open.profiles());
      costs = open.costs();
      SolverTable free = evidence.scores().costsAlone();
      List<Row> rows = evidence.scores().rows();
      ask(() -> search.feasibility(free, rows, settings.finalLimit()), Checked::new);
    }
    evidence.silent().forEach(this::askForScores);
    return this;
  }

  /** Another target, or other costs: the scores are told again, all else is worked out anew. */
  private void startOver() {
    generation++;
    evidence = new SolverInputs(question);
    search = searches.get();
    solving = false;
    pause = settings.settle();
    possible = false;
    asked = null;
    wanted = null;
    answer = null;
    published = null;
    timers.cancel(Settle.INSTANCE);
  }

  private void askForScores(int layer) {
    peers.layer(run, layer, new Layer.OfferScores(question));
  }

  private Behavior<Solver.Command> onOffer(Solver.Offer offer) {
    boolean answer = evidence.hear(offer);
    if (!evidence.opened()) {
      return this;
    }
    Chronicle.told(run, offer.layer(), offer.scores());
    if (complete()) {
      settleNow();
    } else if (answer || evidence.news()) {
      settle();
    }
    return this;
  }

  private Behavior<Solver.Command> onShortlist(Solver.Shortlist shortlist) {
    // One that comes late must not take the last question's place.
    return asked instanceof Solver.Conclude ? this : answer(shortlist, shortlist.measured());
  }

  private Behavior<Solver.Command> onConclude(Solver.Conclude conclude) {
    return answer(conclude, conclude.measured());
  }

  private Behavior<Solver.Command> answer(Solver.Command now, List<Integer> measured) {
    if (answer != null && (now.equals(asked) || answer instanceof Run.FoundInfeasible)) {
      peers.run(run, answer);
      return this;
    }
    asked = now;
    answer = null;
    wanted = measured;
    if (!evidence.opened()) {
      peers.run(run, new Run.SolverStarted());
      return this;
    }
    evidence.behind(wanted).forEach(this::askForScores);
    settleNow();
    return this;
  }

  private Behavior<Solver.Command> onSettle(Settle settle) {
    if (solving || !evidence.opened() || !possible || ended()) {
      return this;
    }
    ScoreTable scores = evidence.scores();
    SolverTable table = scores.table();
    List<Row> rows = scores.rows();
    if (complete() && asked instanceof Solver.Shortlist) {
      ask(() -> SolverCalls.diverse(table, rows, settings.finalLimit()), Listed::new);
    } else if (complete()) {
      RunSpec spec = evidence.spec();
      ask(() -> conclude(spec, scores, table), c -> c);
    } else if (evidence.allHeard() && (evidence.news() || published == null)) {
      SolverInputs.Burst burst = evidence.burst();
      String cause =
          published == null && costs > 0 ? "costs delivered by another system" : burst.cause();
      ask(
          () -> search.again(table, rows, burst.puts(), settings.limit()),
          s -> new Solved(s, cause));
    }
    return this;
  }

  /** On the solver's thread. */
  private Concluded conclude(RunSpec spec, ScoreTable scores, SolverTable table) {
    Solution s = search.afresh(table, scores.rows(), settings.finalLimit());
    int candidates = spec.scoring().candidates();
    return new Concluded(
        s,
        s.found() && candidates > 1
            ? search.candidates(table, scores.rows(), s, candidates, settings.limit())
            : List.of(),
        s.found()
            ? SolverCalls.baselines(
                scores, table, spec.seed(), settings.randomBaselines(), settings.limit())
            : List.of());
  }

  /** With the costs alone it is known whether any architecture can fit. */
  private Behavior<Solver.Command> onChecked(Checked checked) {
    solving = false;
    Chronicle.solved(run);
    if (checked.solution().status() == Solution.Status.INFEASIBLE) {
      tellInfeasible(checked.solution());
    } else {
      possible = true;
      peers.run(run, new Run.FoundFeasible());
      settle();
    }
    return this;
  }

  private Behavior<Solver.Command> onSolved(Solved solved) {
    solving = false;
    Chronicle.solved(run);
    pause = pauseAfter(solved.solution().seconds());
    if (solved.solution().found()) {
      publish(evidence.incumbent(solved.solution(), solved.cause()));
    }
    if (complete()) {
      settleNow();
    } else if (evidence.news()) {
      settle();
    }
    return this;
  }

  private Behavior<Solver.Command> onListed(Listed listed) {
    solving = false;
    Solution best = listed.solutions().get(0);
    if (!best.found()) {
      tellInfeasible(best);
      return this;
    }
    publish(evidence.incumbent(best, "first stage complete"));
    int keep = ((Solver.Shortlist) asked).keep();
    answer =
        new Run.Shortlisted(
            Shortlist.of(
                evidence.spec().space(),
                listed.solutions().stream()
                    .map(s -> evidence.scores().architecture(s.choices()))
                    .toList(),
                keep));
    peers.run(run, answer);
    return this;
  }

  private Behavior<Solver.Command> onConcluded(Concluded concluded) {
    solving = false;
    Chronicle.solved(run);
    if (concluded.solution().found()) {
      Incumbent last = evidence.incumbent(concluded.solution(), "complete table");
      List<Incumbent> candidates = new ArrayList<>();
      for (Solution s : concluded.best()) {
        candidates.add(evidence.incumbent(s, "candidate " + (candidates.size() + 1)));
      }
      answer =
          new Run.Chosen(last, concluded.baselines(), candidates, evidence.spec().target(), costs);
      publish(last);
      peers.run(run, answer);
    } else {
      tellInfeasible(concluded.solution());
    }
    return this;
  }

  /** A bug in the search, or no memory: start over with what others tell again. */
  private Behavior<Solver.Command> onBroken(Broken broken) {
    throw new IllegalStateException("the search broke off", broken.cause());
  }

  private void tellInfeasible(Solution solution) {
    Infeasible infeasible = evidence.infeasible(solution);
    answer = new Run.FoundInfeasible(infeasible, evidence.spec().target(), costs);
    peers.announce(new Feed.LimitsConflict(run, infeasible));
    peers.run(run, answer);
  }

  private void publish(Incumbent incumbent) {
    boolean same =
        published != null
            && published.architecture().equals(incumbent.architecture())
            && published.objective() == incumbent.objective()
            && published.bound() == incumbent.bound()
            && published.proven() == incumbent.proven();
    if (!same) {
      published = incumbent;
      peers.run(run, new Run.FoundIncumbent(incumbent));
      peers.announce(new Feed.IncumbentChanged(run, incumbent));
    }
  }

  /** Nothing is solved any more. */
  private boolean ended() {
    return answer instanceof Run.Chosen || answer instanceof Run.FoundInfeasible;
  }

  /** A question is open, and the scores it is about are in. */
  private boolean complete() {
    return answer == null
        && wanted != null
        && wanted.size() == evidence.scores().layers()
        && evidence.behind(wanted).isEmpty();
  }

  private void settle() {
    if (!timers.isTimerActive(Settle.INSTANCE)) {
      timers.startSingleTimer(Settle.INSTANCE, pause);
    }
  }

  /** The last word does not wait for the rest after a search. */
  private void settleNow() {
    timers.startSingleTimer(Settle.INSTANCE, settings.settle());
  }

  /** Long searches come seldom, so that they leave the processors to the devices. */
  private Duration pauseAfter(double seconds) {
    Duration rest = Duration.ofNanos((long) (REST * seconds * 1e9));
    return rest.compareTo(settings.settle()) > 0 ? rest : settings.settle();
  }

  private <T> void ask(Supplier<T> work, Function<T, Solver.Command> message) {
    solving = true;
    int of = generation;
    getContext()
        .pipeToSelf(
            CompletableFuture.supplyAsync(work, thread),
            (result, failure) -> {
              if (of != generation) {
                return new Outdated();
              }
              return failure == null ? message.apply(result) : new Broken(failure);
            });
  }
}
