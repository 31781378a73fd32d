package puzzle.actors.simulation;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import puzzle.actors.gpu.DeviceThread;
import puzzle.engine.solve.SolverTable;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.Incumbent;
import puzzle.model.LayerLibrary;
import puzzle.model.RunSpec;
import puzzle.model.ScoredBlock;
import puzzle.model.TaskResult;
import puzzle.persistence.LayerEvent;
import puzzle.persistence.RunEvent;
import puzzle.persistence.TaskEvent;
import puzzle.protocol.Gpu;
import puzzle.protocol.Run;
import puzzle.protocol.Solver;
import puzzle.protocol.Work;

/**
 * Watches a schedule and says what must never be: a stale attempt accepted, a result counted twice,
 * somebody told what is not on record, a device at two tasks, an incumbent that is worse than the
 * one before on the same table.
 */
final class Oracle implements SimulatedDevice.Onlooker {

  private static final boolean TRACE = Boolean.getBoolean("simulation.trace");

  /** One task as the journal has it. */
  private static final class Fact {
    private int attempt;
    private String device;
    private boolean live;
    private boolean finished;
    private boolean givenUp;
  }

  private final List<String> violations = new ArrayList<>();
  private final Map<String, Map<String, Fact>> tasks = new HashMap<>();
  private final Map<Integer, Set<ScoredBlock>> scores = new HashMap<>();
  private final Set<String> closed = new HashSet<>();
  private final Map<String, String> running = new HashMap<>();

  /** Tables the solver searched, by the objective it found there. */
  private final Map<Double, SolverTable> searched = new HashMap<>();

  private final List<Block> blocks;
  private Architecture published;
  private RunEvent.RunEnded end;
  private int events;
  private int incumbents;

  Oracle(RunSpec spec) {
    this.blocks = spec.space().blocks();
  }

  List<String> violations() {
    return violations;
  }

  /** The run's end, once it is on record. */
  RunEvent.RunEnded end() {
    return end;
  }

  int events() {
    return events;
  }

  int incumbents() {
    return incumbents;
  }

  /** An event has landed in the journal. */
  void written(String persistenceId, Object event) {
    events++;
    note("%s: %s", persistenceId, event);
    if (event instanceof TaskEvent e) {
      Fact fact = fact(persistenceId, e.key());
      if (e instanceof TaskEvent.AttemptStarted s) {
        check(!fact.live, "%s: attempt %s while one is live", persistenceId, e);
        check(!fact.finished && !fact.givenUp, "%s: %s after its end", persistenceId, e);
        check(s.attempt() == fact.attempt + 1, "%s: %s after %d", persistenceId, e, fact.attempt);
        fact.attempt = s.attempt();
        fact.device = s.device();
        fact.live = true;
      } else if (e instanceof TaskEvent.TaskFinished f) {
        check(fact.live && f.attempt() == fact.attempt, "%s: stale %s", persistenceId, e);
        check(!fact.finished, "%s: a second %s", persistenceId, e);
        fact.live = false;
        fact.finished = true;
        if (f.result() instanceof TaskResult.BlockScored s) {
          String[] key = f.key().split("/");
          scores
              .computeIfAbsent(Integer.parseInt(key[1]), l -> new HashSet<>())
              .add(new ScoredBlock(Block.parse(key[2]), s.score(), key.length > 3));
        }
      } else if (e instanceof TaskEvent.AttemptFailed f) {
        // The run keeps the distillation's last failure under a key of its own.
        boolean foreign = persistenceId.startsWith("Run|") && f.key().equals("gkd");
        check(
            foreign || fact.live && f.attempt() == fact.attempt, "%s: stale %s", persistenceId, e);
        fact.live = false;
        fact.givenUp = !f.retried();
      } else {
        check(fact.finished, "%s: %s, which has no result", persistenceId, e);
        fact.finished = false;
        fact.givenUp = false;
      }
    } else if (event instanceof RunEvent.RunEnded ended) {
      check(end == null, "the run ended twice: %s", ended);
      end = ended;
      closed.add(persistenceId);
    } else if (event instanceof LayerEvent.BuildAbandoned) {
      closed.add(persistenceId);
    } else if (event instanceof RunEvent.LayerSettled settled) {
      exactlyOnce(settled.library());
    }
  }

  /** An owner lets a device forget an outcome: it must be on record, or of no use any more. */
  void acknowledged(Work.Owner owner, String device, Gpu.Acknowledge answer) {
    String persistenceId = owner.persistenceId();
    Fact fact = fact(persistenceId, answer.key());
    boolean awaited = fact.live && fact.device.equals(device);
    check(
        closed.contains(persistenceId)
            || fact.attempt > answer.attempt()
            || fact.attempt == answer.attempt() && !awaited,
        "%s: %s for %s is not on record",
        persistenceId,
        answer,
        device);
  }

  /** A block tells the solver scores: each must be on record. */
  void offered(Solver.Offer offer) {
    for (ScoredBlock s : offer.scores()) {
      check(
          s.score().value() == 0 || scores.getOrDefault(offer.layer(), Set.of()).contains(s),
          "layer %d offers %s, which is not on record",
          offer.layer(),
          s);
    }
  }

  void told(Run.Command command) {
    if (command instanceof Run.LayerSettled settled) {
      exactlyOnce(settled.library());
    }
  }

  /** A device begins with an attempt. */
  @Override
  public void begins(String device, Work.Ticket ticket) {
    String before = running.put(device, ticket.id());
    check(before == null, "%s begins %s while it runs %s", device, ticket.id(), before);
  }

  @Override
  public void ends(String device, DeviceThread.Ended ended) {
    running.remove(device);
  }

  void stopped(String device) {
    running.remove(device);
  }

  /** The solver has searched this table. */
  void searched(SolverTable table, double objective) {
    searched.put(objective, table);
  }

  void published(Incumbent incumbent) {
    incumbents++;
    // A candidate is taken for its measured quality; its sum may be the larger one.
    if (published != null && !incumbent.cause().startsWith("candidate")) {
      double before = value(published, searched.get(incumbent.objective()));
      check(
          incumbent.objective() <= before + 1e-9,
          "the incumbent got worse: %s after one of %s on the same table (%s)",
          incumbent.objective(),
          before,
          incumbent.cause());
    }
    published = incumbent.architecture();
  }

  private double value(Architecture architecture, SolverTable table) {
    double sum = 0;
    for (int layer = 0; layer < architecture.layers(); layer++) {
      double score = table.score(layer, blocks.indexOf(architecture.block(layer)));
      // What the solver no longer knows it cannot keep.
      sum += Double.isNaN(score) ? Double.NEGATIVE_INFINITY : score;
    }
    return sum;
  }

  private void exactlyOnce(LayerLibrary library) {
    Set<String> seen = new HashSet<>();
    for (ScoredBlock s : library.scores()) {
      check(
          seen.add(s.block() + " " + s.coupled()),
          "layer %d scores %s twice",
          library.layer(),
          s.block());
    }
  }

  private Fact fact(String persistenceId, String key) {
    return tasks
        .computeIfAbsent(persistenceId, p -> new HashMap<>())
        .computeIfAbsent(key, k -> new Fact());
  }

  /** One line of what happens, printed with {@code -Dsimulation.trace=true}. */
  void note(String format, Object... arguments) {
    if (TRACE) {
      System.out.printf("%8.2f ", Steps.THE.nanos() / 1e9);
      System.out.println(
          format
              .formatted(arguments)
              .replaceAll("spec=RunSpec.*?PT5S, jitter=0.2, attempts=5]]", ""));
    }
  }

  void check(boolean holds, String message, Object... arguments) {
    if (!holds) {
      violations.add(
          "at %.2f s: ".formatted(Steps.THE.nanos() / 1e9) + message.formatted(arguments));
    }
  }
}
