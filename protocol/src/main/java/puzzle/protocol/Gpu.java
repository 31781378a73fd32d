package puzzle.protocol;

import java.time.Duration;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.apache.pekko.actor.typed.ActorRef;
import puzzle.model.Device;

/** One device. */
public interface Gpu {

  /** What a device is told. */
  sealed interface Command permits Perform, Cancel, Acknowledge, Drain, Retire, Internal {}

  /** The opening for messages an actor sends itself. */
  non-sealed interface Internal extends Command, NoSerializationVerificationNeeded {}

  /** Runs one attempt at a task, unless the device is busy: then the pool gets it back. */
  record Perform(Work.Ticket ticket) implements Command, Wire {}

  /** Stops the attempt, if it runs here: its owner does not want it any more. */
  record Cancel(String key, int attempt) implements Command, Wire {}

  /**
   * The owner does not want to hear of an attempt's outcome again.
   *
   * @param counted true if it is on record, false if it came too late
   */
  record Acknowledge(String key, int attempt, boolean counted) implements Command, Wire {

    /** Of an outcome that counts. */
    public Acknowledge(String key, int attempt) {
      this(key, attempt, true);
    }
  }

  /** Takes no further task; the running one is finished. */
  record Drain() implements Command, Wire {}

  /**
   * Takes no further task and lets the running one continue for a while; then it is given back.
   * Answers once nothing runs and every outcome is acknowledged.
   */
  record Retire(Duration grace, ActorRef<Retired> replyTo) implements Command, Wire {}

  /** The device runs nothing and owes nothing. */
  record Retired(Device device) implements Wire {}
}
