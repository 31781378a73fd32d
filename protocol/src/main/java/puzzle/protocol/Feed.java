package puzzle.protocol;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.apache.pekko.actor.typed.ActorRef;
import puzzle.model.Device;
import puzzle.model.Failure;
import puzzle.model.Incumbent;
import puzzle.model.Infeasible;
import puzzle.model.Outcome;
import puzzle.model.Phase;
import puzzle.model.RunId;

/**
 * Where a node's onlookers hear of facts and progress. Facts carry totals, not differences, so that
 * one that is missed is made good by the next.
 */
public interface Feed {

  /** What a feed is told. */
  sealed interface Command permits Subscribe, Unsubscribe, Publish, Internal {}

  /** The opening for messages an actor sends itself. */
  non-sealed interface Internal extends Command, NoSerializationVerificationNeeded {}

  /** Sends every fact to the subscriber until it stops. */
  record Subscribe(ActorRef<Fact> subscriber) implements Command, Wire {}

  record Unsubscribe(ActorRef<Fact> subscriber) implements Command, Wire {}

  /** Tells all subscribers of this node. */
  record Publish(Fact fact) implements Command, Wire {}

  /** Something that happened in a run. */
  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
  @JsonSubTypes({
    @JsonSubTypes.Type(value = PhaseAdvanced.class, name = "phase"),
    @JsonSubTypes.Type(value = LayerAdvanced.class, name = "layer"),
    @JsonSubTypes.Type(value = IncumbentChanged.class, name = "incumbent"),
    @JsonSubTypes.Type(value = LimitsConflict.class, name = "conflict"),
    @JsonSubTypes.Type(value = AttemptFailed.class, name = "failed"),
    @JsonSubTypes.Type(value = Progressed.class, name = "progress"),
    @JsonSubTypes.Type(value = Ended.class, name = "ended")
  })
  sealed interface Fact extends Wire {
    RunId run();
  }

  /** A phase of the run's own tasks is so far. */
  record PhaseAdvanced(RunId run, Phase phase, int done, int total) implements Fact {}

  /** A layer is so far. */
  record LayerAdvanced(
      RunId run, int layer, int distilled, int toTrain, int scored, int toScore, int quarantined)
      implements Fact {}

  record IncumbentChanged(RunId run, Incumbent incumbent) implements Fact {}

  record LimitsConflict(RunId run, Infeasible infeasible) implements Fact {}

  /**
   * An attempt failed.
   *
   * @param retried false if the task is given up
   */
  record AttemptFailed(RunId run, String key, int attempt, Failure failure, boolean retried)
      implements Fact {}

  /**
   * A running task is so far; sampled, may be lost.
   *
   * @param loss current training loss, NaN if the task has none
   */
  record Progressed(RunId run, String key, Device device, long done, long total, double loss)
      implements Fact {}

  /** The run is over. */
  record Ended(RunId run, Outcome outcome) implements Fact {}
}
