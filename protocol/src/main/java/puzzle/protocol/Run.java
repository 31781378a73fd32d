package puzzle.protocol;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.time.Instant;
import java.util.List;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.apache.pekko.actor.typed.ActorRef;
import puzzle.model.Architecture;
import puzzle.model.Baseline;
import puzzle.model.Block;
import puzzle.model.CostDelivery;
import puzzle.model.Failure;
import puzzle.model.Incumbent;
import puzzle.model.Infeasible;
import puzzle.model.LayerLibrary;
import puzzle.model.Outcome;
import puzzle.model.Phase;
import puzzle.model.RunSpec;
import puzzle.model.Target;
import puzzle.model.TaskResult;

/** The life of one run; its entity id is the run's id. */
public interface Run {

  /** What a run is told. */
  sealed interface Command
      permits Order,
          Reply,
          DeliverCosts,
          Reported,
          SolverStarted,
          FoundFeasible,
          FoundIncumbent,
          Internal {}

  /** The opening for messages an actor sends itself. */
  non-sealed interface Internal extends Command, NoSerializationVerificationNeeded {}

  /** What people and other systems tell a run; each is answered. */
  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
  @JsonSubTypes({
    @JsonSubTypes.Type(value = Start.class, name = "start"),
    @JsonSubTypes.Type(value = Pause.class, name = "pause"),
    @JsonSubTypes.Type(value = Resume.class, name = "resume"),
    @JsonSubTypes.Type(value = Cancel.class, name = "cancel"),
    @JsonSubTypes.Type(value = Retarget.class, name = "retarget"),
    @JsonSubTypes.Type(value = RetryFailed.class, name = "retry"),
    @JsonSubTypes.Type(value = GetStatus.class, name = "status")
  })
  sealed interface Order extends Command, Wire
      permits Start, Pause, Resume, Cancel, Retarget, RetryFailed, GetStatus {}

  /** What layers, solver and distillation answer; repeated whenever they are asked again. */
  sealed interface Reply extends Command, Wire
      permits LayerSettled, FoundInfeasible, Shortlisted, Chosen, ChildHealed, GkdGivenUp {}

  /**
   * Begins the run, or resumes it. A run that began with another file is refused.
   *
   * @param layers of the parent
   * @param hash SHA-256 of the resolved run file, hexadecimal
   */
  record Start(RunSpec spec, int layers, String hash, ActorRef<Answer> replyTo) implements Order {}

  /** Grants no further task; those that run are finished. */
  record Pause(ActorRef<Answer> replyTo) implements Order {}

  /** Goes on after a pause. */
  record Resume(ActorRef<Answer> replyTo) implements Order {}

  /**
   * Changes what the child must do. The scores on record are solved again at once; a run whose
   * child was already distilled continues to another child. The hardware stays.
   */
  record Retarget(Target target, ActorRef<Answer> replyTo) implements Order {}

  /** Tries again what was given up, with all attempts; a variant that diverged stays a result. */
  record RetryFailed(ActorRef<Answer> replyTo) implements Order {}

  /** Ends the run for good; what is recorded stays. */
  record Cancel(String reason, ActorRef<Answer> replyTo) implements Order {}

  /** Asks how far the run is. */
  record GetStatus(ActorRef<Status> replyTo) implements Order {}

  /**
   * Hands over costs that another system measured; each gets a receipt once it is durable. The
   * solver starts over with them.
   */
  record DeliverCosts(List<CostDelivery> costs, ActorRef<Layer.Receipts> replyTo)
      implements Command, Wire {
    public DeliverCosts {
      costs = List.copyOf(costs);
    }
  }

  /** News of a task of the run's own: recording, profiling, evaluating, exporting. */
  record Reported(Work.Report report) implements Command, Wire {}

  /** A layer has nothing left to do. Repeated whenever the layer is asked to build. */
  record LayerSettled(LayerLibrary library) implements Reply {}

  /** The run's solver has (re)started with an empty table. */
  record SolverStarted() implements Command, Wire {}

  /** By their costs alone, some architectures meet the limits. Repeated when the solver opens. */
  record FoundFeasible() implements Command, Wire {}

  /**
   * No architecture can meet the limits, whatever the scores will be.
   *
   * @param target whose limits they are: an answer about an earlier target does not count
   * @param costs {@link Solver.Open#costs}: nor does one about earlier costs
   */
  record FoundInfeasible(Infeasible infeasible, Target target, int costs) implements Reply {}

  /** The solver has a new incumbent while scores still arrive. */
  record FoundIncumbent(Incumbent incumbent) implements Command, Wire {}

  /**
   * The solver's answer to which blocks the second stage should train.
   *
   * @param blocks by layer
   */
  record Shortlisted(List<List<Block>> blocks) implements Reply {
    public Shortlisted {
      blocks = blocks.stream().map(List::copyOf).toList();
    }
  }

  /**
   * The solver's answer on the complete table.
   *
   * @param candidates the best distinct architectures, the incumbent first; empty if they are not
   *     to be measured
   * @param target it was chosen for: an answer about an earlier target does not count
   * @param costs {@link Solver.Open#costs}: nor does one about earlier costs
   */
  record Chosen(
      Incumbent incumbent,
      List<Baseline> baselines,
      List<Incumbent> candidates,
      Target target,
      int costs)
      implements Reply {
    public Chosen {
      candidates = candidates == null ? List.of() : List.copyOf(candidates);
      baselines = baselines == null ? List.of() : List.copyOf(baselines);
    }
  }

  /** The child is distilled: the one of that architecture. */
  record ChildHealed(TaskResult.Healed healed, Architecture child) implements Reply {}

  /** The child of that architecture could not be distilled. */
  record GkdGivenUp(Failure failure, Architecture child) implements Reply {}

  /** The answer to {@link Start}. */
  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
  @JsonSubTypes({
    @JsonSubTypes.Type(value = Accepted.class, name = "accepted"),
    @JsonSubTypes.Type(value = Refused.class, name = "refused")
  })
  sealed interface Answer extends Wire {}

  /**
   * The run continues.
   *
   * @param resumed true if the journal already knew it
   */
  record Accepted(boolean resumed) implements Answer {}

  /** The run does not begin, and why. */
  record Refused(String reason) implements Answer {}

  /**
   * How far a run is.
   *
   * @param spec null if there is no such run; then all others are null or 0 too
   * @param phase where it is
   * @param done the run's own tasks of the phase that are settled, or layers in the library's
   * @param total as many as there are
   * @param paused true if no task is granted
   * @param failed tasks that were given up
   * @param chosen the final choice, or null
   * @param outcome null while it continues
   */
  record Status(
      RunSpec spec,
      int layers,
      Instant startedAt,
      Phase phase,
      int done,
      int total,
      boolean paused,
      int failed,
      Incumbent chosen,
      Outcome outcome)
      implements Wire {}
}
