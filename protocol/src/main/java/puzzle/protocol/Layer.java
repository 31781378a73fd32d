package puzzle.protocol;

import java.util.List;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.apache.pekko.actor.typed.ActorRef;
import puzzle.model.Block;
import puzzle.model.CheckpointRef;
import puzzle.model.Delivery;
import puzzle.model.Receipt;
import puzzle.model.RunId;
import puzzle.model.RunSpec;

/** One layer's block: what to train and score there. Entity id: {@code run/layer}. */
public interface Layer {

  /** What a layer's block is told. */
  sealed interface Command
      permits Build, Couple, Pause, OfferScores, Abandon, Reported, Deliver, Internal {}

  /** The opening for messages an actor sends itself. */
  non-sealed interface Internal extends Command, NoSerializationVerificationNeeded {}

  /**
   * Begins the layer's work, or continues with it; a layer that is through says so again.
   *
   * @param retries how often it was asked to try again what was given up
   */
  record Build(RunSpec spec, int layer, CheckpointRef recording, int retries)
      implements Command, Wire {

    public Build(RunSpec spec, int layer, CheckpointRef recording) {
      this(spec, layer, recording, 0);
    }
  }

  /** Grants no further task until the next order; those that run are finished. */
  record Pause() implements Command, Wire {}

  /**
   * The second stage of BLD, of a layer whose first is through: trains these blocks as a whole and
   * scores them. A layer that is through says so again.
   */
  record Couple(List<Block> blocks) implements Command, Wire {
    public Couple {
      blocks = List.copyOf(blocks);
    }
  }

  /**
   * Tells the solver every score again, or that there is none.
   *
   * @param question what the answer repeats, so that it is told from an older one
   */
  record OfferScores(long question) implements Command, Wire {}

  /** Stops the layer's work; what is recorded stays. */
  record Abandon() implements Command, Wire {}

  /** News of one of the layer's tasks. */
  record Reported(Work.Report report) implements Command, Wire {}

  /** Hands over results that another system came by; each gets a receipt once it is durable. */
  record Deliver(List<Delivery> deliveries, ActorRef<Receipts> replyTo) implements Command, Wire {
    public Deliver {
      deliveries = List.copyOf(deliveries);
    }
  }

  /** The answer to {@link Deliver}, in its order. */
  record Receipts(List<Receipt> receipts) implements Wire {
    public Receipts {
      receipts = List.copyOf(receipts);
    }
  }

  /** Which layer of which run. */
  record Id(RunId run, int layer) {

    /**
     * @param entityId as {@link #entityId} makes it
     */
    public static Id parse(String entityId) {
      int slash = entityId.lastIndexOf('/');
      return new Id(
          new RunId(entityId.substring(0, slash)), Integer.parseInt(entityId.substring(slash + 1)));
    }
  }

  /** Name of a layer's entity. */
  static String entityId(String run, int layer) {
    return run + "/" + layer;
  }
}
