package puzzle.persistence;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import puzzle.model.Baseline;
import puzzle.model.Block;
import puzzle.model.CostDelivery;
import puzzle.model.Incumbent;
import puzzle.model.Infeasible;
import puzzle.model.LayerLibrary;
import puzzle.model.Outcome;
import puzzle.model.RunSpec;
import puzzle.model.Target;
import puzzle.model.TaskResult;
import puzzle.protocol.Wire;

/** What happened to a run. */
public sealed interface RunEvent extends Wire
    permits TaskEvent,
        RunEvent.RunStarted,
        RunEvent.LayerSettled,
        RunEvent.BlocksShortlisted,
        RunEvent.LimitsProvenInfeasible,
        RunEvent.IncumbentFound,
        RunEvent.ArchitectureChosen,
        RunEvent.CandidateTaken,
        RunEvent.ChildHealed,
        RunEvent.CostsDelivered,
        RunEvent.RunPaused,
        RunEvent.RunResumed,
        RunEvent.Retargeted,
        RunEvent.FailedRetried,
        RunEvent.RunEnded {

  /**
   * The run's first event.
   *
   * @param hash SHA-256 of the resolved run file, hexadecimal
   */
  record RunStarted(RunSpec spec, int layers, String hash, Instant at) implements RunEvent {
    public RunStarted {
      Objects.requireNonNull(spec, "spec");
      Objects.requireNonNull(hash, "hash");
    }
  }

  record LayerSettled(LayerLibrary library) implements RunEvent {}

  /**
   * What the second stage of BLD trains as a whole.
   *
   * @param blocks by layer
   */
  record BlocksShortlisted(List<List<Block>> blocks) implements RunEvent {
    public BlocksShortlisted {
      blocks = blocks == null ? List.of() : blocks.stream().map(List::copyOf).toList();
    }
  }

  record LimitsProvenInfeasible(Infeasible infeasible) implements RunEvent {}

  /** A step on the way to the final choice. */
  record IncumbentFound(Incumbent incumbent) implements RunEvent {
    public IncumbentFound {
      Objects.requireNonNull(incumbent, "incumbent");
    }
  }

  /**
   * The solver's answer on the complete table.
   *
   * @param candidates the best distinct architectures, the incumbent first, of which measurements
   *     take one; empty if the incumbent is taken unmeasured
   */
  record ArchitectureChosen(
      Incumbent incumbent, List<Baseline> baselines, List<Incumbent> candidates)
      implements RunEvent {
    public ArchitectureChosen {
      baselines = baselines == null ? List.of() : List.copyOf(baselines);
      candidates = candidates == null ? List.of() : List.copyOf(candidates);
    }
  }

  /**
   * All candidates were assembled and measured, and one is taken.
   *
   * @param index in the list of candidates
   */
  record CandidateTaken(int index) implements RunEvent {}

  record ChildHealed(TaskResult.Healed healed) implements RunEvent {}

  /** Another system measured what parts of the model cost; that counts from now on. */
  record CostsDelivered(List<CostDelivery> costs, Instant at) implements RunEvent {
    public CostsDelivered {
      costs = costs == null ? List.of() : List.copyOf(costs);
    }
  }

  record RunPaused(Instant at) implements RunEvent {}

  record RunResumed(Instant at) implements RunEvent {}

  /** The child must do something else; what was chosen, distilled and reported no longer counts. */
  record Retargeted(Target target, Instant at) implements RunEvent {
    public Retargeted {
      Objects.requireNonNull(target, "target");
    }
  }

  /**
   * What was given up is tried again.
   *
   * @param layers that have such work; their libraries, and with them the choice, are open again
   */
  record FailedRetried(List<Integer> layers, Instant at) implements RunEvent {
    public FailedRetried {
      layers = layers == null ? List.of() : List.copyOf(layers);
    }
  }

  /** The last event, unless the run is given another target or tries again what failed. */
  record RunEnded(Outcome outcome, Instant at) implements RunEvent {}
}
