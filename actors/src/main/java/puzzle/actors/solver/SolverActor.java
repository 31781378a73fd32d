package puzzle.actors.solver;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
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
import puzzle.engine.solve.Infeasibility;
import puzzle.engine.solve.Row;
import puzzle.engine.solve.Solution;
import puzzle.engine.solve.SolverTable;
import puzzle.model.Architecture;
import puzzle.model.Baseline;
import puzzle.model.Incumbent;
import puzzle.model.Infeasible;
import puzzle.model.RunId;
import puzzle.model.RunSpec;
import puzzle.model.ScoredBlock;
import puzzle.protocol.Block;
import puzzle.protocol.Feed;
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
  private final Supplier<Search> searches;
  private Search search;

  /** Counts the problems so far: targets, and costs that changed. */
  private int generation;

  private RunSpec spec;

  /** {@link Solver.Open#costs} of the table. */
  private int costs;

  private ScoreTable scores;

  /** Layers that have answered; until all have, a predecessor may have known more. */
  private final Set<Integer> heard = new TreeSet<>();

  /** Tells answers to this solver from those to its predecessors. */
  private final long question = ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE);

  /** Scores that came before the costs. */
  private final Map<Integer, List<ScoredBlock>> early = new TreeMap<>();

  private final List<ScoreTable.Put> fresh = new ArrayList<>();
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
                                () -> new Search(solvers)))))
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
      Supplier<Search> searches) {
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
    if (spec != null && (open.costs() > costs || !spec.target().equals(open.spec().target()))) {
      startOver();
    }
    // A choice is told to who asks for it: a run that tries again what failed asks anew.
    if (answer instanceof Run.FoundInfeasible) {
      peers.run(run, answer);
    } else if (possible) {
      peers.run(run, new Run.FoundFeasible());
    }
    if (scores != null) {
      askTheSilent();
      return this;
    }
    spec = open.spec();
    costs = open.costs();
    scores = new ScoreTable(spec, open.layers(), open.profiles());
    SolverTable free = scores.costsAlone();
    ask(() -> search.feasibility(free, scores.rows(), settings.finalLimit()), Checked::new);
    early.forEach((layer, list) -> list.forEach(s -> fresh.addAll(scores.measure(layer, s))));
    early.clear();
    askTheSilent();
    return this;
  }

  /** Another target, or other costs: the scores are told again, all else is worked out anew. */
  private void startOver() {
    generation++;
    spec = null;
    scores = null;
    search = searches.get();
    early.clear();
    heard.clear();
    fresh.clear();
    solving = false;
    pause = settings.settle();
    possible = false;
    asked = null;
    wanted = null;
    answer = null;
    published = null;
    timers.cancel(Settle.INSTANCE);
  }

  private void askTheSilent() {
    for (int layer = 0; layer < scores.layers(); layer++) {
      if (!heard.contains(layer)) {
        peers.block(run, layer, new Block.OfferScores(question));
      }
    }
  }

  private Behavior<Solver.Command> onOffer(Solver.Offer offer) {
    boolean news = offer.question() == question && heard.add(offer.layer());
    if (scores == null) {
      early.computeIfAbsent(offer.layer(), l -> new ArrayList<>()).addAll(offer.scores());
      return this;
    }
    offer.scores().forEach(s -> fresh.addAll(scores.measure(offer.layer(), s)));
    if (complete()) {
      settleNow();
    } else if (news || !fresh.isEmpty()) {
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
    if (scores == null) {
      peers.run(run, new Run.SolverStarted());
      return this;
    }
    for (int layer = 0; layer < scores.layers(); layer++) {
      if (scores.measured(layer) < wanted.get(layer)) {
        peers.block(run, layer, new Block.OfferScores(question));
      }
    }
    settleNow();
    return this;
  }

  private Behavior<Solver.Command> onSettle(Settle settle) {
    if (solving || scores == null || !possible || ended()) {
      return this;
    }
    SolverTable table = scores.table();
    if (complete() && asked instanceof Solver.Shortlist) {
      ask(() -> Search.diverse(table, scores.rows(), settings.finalLimit()), Listed::new);
    } else if (complete()) {
      int samples = settings.randomBaselines();
      int candidates = spec.scoring().candidates();
      ask(
          () -> {
            Solution s = search.afresh(table, scores.rows(), settings.finalLimit());
            return new Concluded(
                s,
                s.found() && candidates > 1
                    ? search.candidates(table, scores.rows(), s, candidates, settings.limit())
                    : List.of(),
                s.found()
                    ? Search.baselines(scores, table, spec.seed(), samples, settings.limit())
                    : List.of());
          },
          c -> c);
    } else if (heard.size() == scores.layers() && (!fresh.isEmpty() || published == null)) {
      List<ScoreTable.Put> puts = List.copyOf(fresh);
      String cause =
          published == null && costs > 0 ? "costs delivered by another system" : cause(puts);
      fresh.clear();
      ask(
          () -> search.again(table, scores.rows(), puts, settings.limit()),
          s -> new Solved(s, cause));
    }
    return this;
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
      publish(incumbent(solved.solution(), solved.cause()));
    }
    if (complete()) {
      settleNow();
    } else if (!fresh.isEmpty()) {
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
    publish(incumbent(best, "first stage complete"));
    int keep = ((Solver.Shortlist) asked).keep();
    answer =
        new Run.Shortlisted(
            Shortlist.of(
                spec.space(),
                listed.solutions().stream().map(s -> scores.architecture(s.choices())).toList(),
                keep));
    peers.run(run, answer);
    return this;
  }

  private Behavior<Solver.Command> onConcluded(Concluded concluded) {
    solving = false;
    Chronicle.solved(run);
    if (concluded.solution().found()) {
      Incumbent last = incumbent(concluded.solution(), "complete table");
      List<Incumbent> candidates = new ArrayList<>();
      for (Solution s : concluded.best()) {
        candidates.add(incumbent(s, "candidate " + (candidates.size() + 1)));
      }
      answer = new Run.Chosen(last, concluded.baselines(), candidates, spec.target(), costs);
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
    Infeasible infeasible =
        solution
            .infeasibility()
            .map(scores.target()::explained)
            .orElseGet(
                () ->
                    scores.target().explained(new Infeasibility(scores.rows(), List.of(), false)));
    answer = new Run.FoundInfeasible(infeasible, spec.target(), costs);
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

  private Incumbent incumbent(Solution solution, String cause) {
    Architecture architecture = scores.architecture(solution.choices());
    return new Incumbent(
        architecture,
        solution.objective(),
        solution.bound(),
        solution.proven(),
        scores.cost(architecture),
        scores.parentCost(),
        scores.measured(),
        scores.predicted(),
        cause);
  }

  /** Nothing is solved any more. */
  private boolean ended() {
    return answer instanceof Run.Chosen || answer instanceof Run.FoundInfeasible;
  }

  /** A question is open, and the scores it is about are in. */
  private boolean complete() {
    if (answer != null || wanted == null || wanted.size() != scores.layers()) {
      return false;
    }
    for (int layer = 0; layer < scores.layers(); layer++) {
      if (scores.measured(layer) < wanted.get(layer)) {
        return false;
      }
    }
    return true;
  }

  private static String cause(List<ScoreTable.Put> puts) {
    List<String> causes = puts.stream().map(ScoreTable.Put::cause).distinct().toList();
    return switch (causes.size()) {
      case 0 -> "costs are known";
      case 1 -> causes.get(0);
      default -> causes.get(0) + " and " + (causes.size() - 1) + " more";
    };
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
