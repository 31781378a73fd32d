package puzzle.persistence;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import puzzle.model.Architecture;
import puzzle.model.Baseline;
import puzzle.model.Block;
import puzzle.model.CostDelivery;
import puzzle.model.Incumbent;
import puzzle.model.Infeasible;
import puzzle.model.LayerLibrary;
import puzzle.model.Outcome;
import puzzle.model.RunSpec;
import puzzle.model.Task;
import puzzle.model.TaskResult;
import puzzle.model.Workload;
import puzzle.protocol.Wire;

/**
 * All that is on record about a run.
 *
 * @param spec null before the start
 * @param libraries of the layers that are through, by layer
 * @param shortlist blocks by layer that the second stage of BLD trains, or null before it
 * @param choice the solver's answer and what came of it
 * @param paused true while no task is granted
 * @param retries how often what was given up was tried again
 * @param outcome null while the run continues
 * @param costs measured by other systems, at most one of each part for each workload
 */
public record RunState(
    RunSpec spec,
    int layers,
    String hash,
    Instant startedAt,
    TaskLedger tasks,
    Map<Integer, LayerLibrary> libraries,
    List<List<Block>> shortlist,
    Choice choice,
    boolean paused,
    int retries,
    Outcome outcome,
    List<CostDelivery> costs)
    implements OwnerState, Wire {

  public static final RunState EMPTY = new Draft(null).state();

  /**
   * The solver's answer and what came of it: all that is open again once the run asks anew.
   *
   * @param incumbent the final choice, or null; the solver's first until a candidate is taken
   * @param candidates the solver's best architectures, to be measured before one of them is taken
   * @param taken index of the candidate that was taken, or null
   * @param infeasible the proof that there is none, or null
   * @param healed the distilled child, or null
   */
  public record Choice(
      Incumbent incumbent,
      List<Incumbent> candidates,
      Integer taken,
      List<Baseline> baselines,
      Infeasible infeasible,
      TaskResult.Healed healed) {

    /** Nothing is chosen. */
    public static final Choice OPEN = new Choice(null, null, null, null, null, null);

    public Choice {
      candidates = candidates == null ? List.of() : List.copyOf(candidates);
      baselines = baselines == null ? List.of() : List.copyOf(baselines);
    }

    private Choice taking(int index) {
      return new Choice(candidates.get(index), candidates, index, baselines, infeasible, healed);
    }

    private Choice provenInfeasible(Infeasible proof) {
      return new Choice(incumbent, candidates, taken, baselines, proof, healed);
    }

    private Choice healedTo(TaskResult.Healed child) {
      return new Choice(incumbent, candidates, taken, baselines, infeasible, child);
    }
  }

  public RunState {
    hash = hash == null ? "" : hash;
    tasks = tasks == null ? TaskLedger.EMPTY : tasks;
    libraries = libraries == null ? Map.of() : Map.copyOf(libraries);
    choice = choice == null ? Choice.OPEN : choice;
    costs = costs == null ? List.of() : List.copyOf(costs);
  }

  public Incumbent incumbent() {
    return choice.incumbent();
  }

  public List<Incumbent> candidates() {
    return choice.candidates();
  }

  public Integer taken() {
    return choice.taken();
  }

  public List<Baseline> baselines() {
    return choice.baselines();
  }

  public Infeasible infeasible() {
    return choice.infeasible();
  }

  public TaskResult.Healed healed() {
    return choice.healed();
  }

  public boolean started() {
    return spec != null;
  }

  public boolean ended() {
    return outcome != null;
  }

  /** True while there is a run and it continues. */
  public boolean active() {
    return started() && !ended();
  }

  /** True once every layer is through, with the second stage where it was ordered. */
  public boolean libraryComplete() {
    return started()
        && libraries.size() == layers
        && (shortlist == null || libraries.values().stream().allMatch(LayerLibrary::coupled));
  }

  /** True if every layer is through and the second stage waits for the solver's choice. */
  public boolean shortlistWanted() {
    return libraryComplete()
        && shortlist == null
        && spec.bld().mode() == RunSpec.Bld.Mode.TWO_STAGE;
  }

  /** True if candidates are still to be measured and one of them taken. */
  public boolean undecided() {
    return candidates().size() > 1 && taken() == null;
  }

  /** What the parts cost for a workload, with what other systems measured; empty before it is. */
  public Optional<TaskResult.Profiled> profile(Workload workload) {
    return tasks
        .result(Task.Profile.key(workload), TaskResult.Profiled.class)
        .map(p -> p.with(costs));
  }

  /** Trained weights an architecture is assembled from, one pair per layer. */
  public List<Task.Weights> weights(Architecture architecture) {
    List<Task.Weights> weights = new ArrayList<>();
    for (int layer = 0; layer < architecture.layers(); layer++) {
      weights.add(libraries.get(layer).weights(architecture.block(layer)));
    }
    return weights;
  }

  public RunState on(RunEvent event) {
    Draft next = new Draft(this);
    if (event instanceof TaskEvent e) {
      next.tasks = tasks.on(e);
    } else if (event instanceof RunEvent.RunStarted e) {
      next = new Draft(null);
      next.spec = e.spec();
      next.layers = e.layers();
      next.hash = e.hash();
      next.startedAt = e.at();
    } else if (event instanceof RunEvent.LayerSettled e) {
      next.libraries = new TreeMap<>(libraries);
      next.libraries.put(e.library().layer(), e.library());
    } else if (event instanceof RunEvent.BlocksShortlisted e) {
      next.shortlist = e.blocks();
    } else if (event instanceof RunEvent.ArchitectureChosen e) {
      next.choice =
          new Choice(e.incumbent(), e.candidates(), null, e.baselines(), null, choice.healed());
    } else if (event instanceof RunEvent.CandidateTaken e) {
      next.choice = choice.taking(e.index());
    } else if (event instanceof RunEvent.LimitsProvenInfeasible e) {
      next.choice = choice.provenInfeasible(e.infeasible());
    } else if (event instanceof RunEvent.ChildHealed e) {
      next.choice = choice.healedTo(e.healed());
    } else if (event instanceof RunEvent.CostsDelivered e) {
      next.costs = new ArrayList<>(costs);
      next.costs.addAll(e.costs());
    } else if (event instanceof RunEvent.RunPaused) {
      next.paused = true;
    } else if (event instanceof RunEvent.RunResumed) {
      next.paused = false;
    } else if (event instanceof RunEvent.Retargeted e) {
      next.spec = spec.with(s -> s.target = e.target());
      next.choice = Choice.OPEN;
      next.outcome = null;
    } else if (event instanceof RunEvent.FailedRetried e) {
      next.retries++;
      next.outcome = null;
      if (!e.layers().isEmpty()) {
        next.libraries = new TreeMap<>(libraries);
        next.libraries.keySet().removeAll(e.layers());
        next.shortlist = null;
        next.choice = Choice.OPEN;
      }
    } else if (event instanceof RunEvent.RunEnded e) {
      next.outcome = e.outcome();
    } else if (!(event instanceof RunEvent.IncumbentFound)) {
      throw new IllegalArgumentException("unknown event of a run: " + event);
    }
    return next.state();
  }

  /** A state in the making: what an event does not name stays as it was. */
  private static final class Draft {
    private RunSpec spec;
    private int layers;
    private String hash;
    private Instant startedAt;
    private TaskLedger tasks;
    private Map<Integer, LayerLibrary> libraries;
    private List<List<Block>> shortlist;
    private Choice choice;
    private boolean paused;
    private int retries;
    private Outcome outcome;
    private List<CostDelivery> costs;

    /**
     * @param from null for the state before the first event
     */
    Draft(RunState from) {
      if (from != null) {
        spec = from.spec;
        layers = from.layers;
        hash = from.hash;
        startedAt = from.startedAt;
        tasks = from.tasks;
        libraries = from.libraries;
        shortlist = from.shortlist;
        choice = from.choice;
        paused = from.paused;
        retries = from.retries;
        outcome = from.outcome;
        costs = from.costs;
      }
    }

    RunState state() {
      return new RunState(
          spec, layers, hash, startedAt, tasks, libraries, shortlist, choice, paused, retries,
          outcome, costs);
    }
  }
}
