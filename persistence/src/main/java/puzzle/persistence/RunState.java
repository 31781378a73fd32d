package puzzle.persistence;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import puzzle.model.Baseline;
import puzzle.model.Incumbent;
import puzzle.model.Infeasible;
import puzzle.model.LayerLibrary;
import puzzle.model.Outcome;
import puzzle.model.RunSpec;
import puzzle.model.Task;
import puzzle.model.TaskResult;
import puzzle.protocol.Wire;

/**
 * All that is on record about a run.
 *
 * @param spec null before the start
 * @param libraries of the layers that are through, by layer
 * @param incumbent the final choice, or null
 * @param infeasible the proof that there is none, or null
 * @param healed the distilled child, or null
 * @param outcome null while the run goes on
 */
public record RunState(
    RunSpec spec,
    int layers,
    String hash,
    Instant startedAt,
    TaskLedger tasks,
    Map<Integer, LayerLibrary> libraries,
    Incumbent incumbent,
    List<Baseline> baselines,
    Infeasible infeasible,
    TaskResult.Healed healed,
    Outcome outcome)
    implements Wire {

  public static final RunState EMPTY =
      new RunState(
          null, 0, "", null, TaskLedger.EMPTY, Map.of(), null, List.of(), null, null, null);

  public RunState {
    tasks = tasks == null ? TaskLedger.EMPTY : tasks;
    libraries = libraries == null ? Map.of() : Map.copyOf(libraries);
    baselines = baselines == null ? List.of() : List.copyOf(baselines);
  }

  public boolean started() {
    return spec != null;
  }

  public boolean ended() {
    return outcome != null;
  }

  /** True once every layer is through. */
  public boolean libraryComplete() {
    return started() && libraries.size() == layers;
  }

  /** Trained weights an architecture is assembled from, one pair per layer. */
  public List<Task.Weights> weights(puzzle.model.Architecture architecture) {
    List<Task.Weights> weights = new java.util.ArrayList<>();
    for (int layer = 0; layer < architecture.layers(); layer++) {
      weights.add(libraries.get(layer).weights(architecture.block(layer)));
    }
    return weights;
  }

  public RunState on(RunEvent event) {
    if (event instanceof TaskEvent e) {
      return with(tasks.on(e));
    }
    if (event instanceof RunEvent.RunStarted e) {
      return new RunState(
          e.spec(),
          e.layers(),
          e.hash(),
          e.at(),
          TaskLedger.EMPTY,
          Map.of(),
          null,
          List.of(),
          null,
          null,
          null);
    }
    if (event instanceof RunEvent.LayerSettled e) {
      Map<Integer, LayerLibrary> more = new TreeMap<>(libraries);
      more.put(e.library().layer(), e.library());
      return new RunState(
          spec,
          layers,
          hash,
          startedAt,
          tasks,
          more,
          incumbent,
          baselines,
          infeasible,
          healed,
          outcome);
    }
    if (event instanceof RunEvent.IncumbentFound) {
      return this;
    }
    if (event instanceof RunEvent.ArchitectureChosen e) {
      return new RunState(
          spec,
          layers,
          hash,
          startedAt,
          tasks,
          libraries,
          e.incumbent(),
          e.baselines(),
          null,
          healed,
          outcome);
    }
    if (event instanceof RunEvent.LimitsProvenInfeasible e) {
      return new RunState(
          spec,
          layers,
          hash,
          startedAt,
          tasks,
          libraries,
          incumbent,
          baselines,
          e.infeasible(),
          healed,
          outcome);
    }
    if (event instanceof RunEvent.ChildHealed e) {
      return new RunState(
          spec,
          layers,
          hash,
          startedAt,
          tasks,
          libraries,
          incumbent,
          baselines,
          infeasible,
          e.healed(),
          outcome);
    }
    if (event instanceof RunEvent.RunEnded e) {
      return new RunState(
          spec,
          layers,
          hash,
          startedAt,
          tasks,
          libraries,
          incumbent,
          baselines,
          infeasible,
          healed,
          e.outcome());
    }
    throw new IllegalArgumentException("unknown event of a run: " + event);
  }

  private RunState with(TaskLedger changed) {
    return new RunState(
        spec,
        layers,
        hash,
        startedAt,
        changed,
        libraries,
        incumbent,
        baselines,
        infeasible,
        healed,
        outcome);
  }
}
