package puzzle.protocol;

import java.util.Set;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.apache.pekko.actor.typed.ActorRef;
import puzzle.model.Device;

/** Matches offered tasks to free devices; remembers nothing that others do not tell it again. */
public interface GpuPool {

  /** What the pool is told. */
  sealed interface Command permits Offer, Withdraw, Announce, Decline, Internal {}

  /** The opening for messages an actor sends itself. */
  non-sealed interface Internal extends Command, NoSerializationVerificationNeeded {}

  /** Puts an attempt on offer; a newer attempt at the same task takes the older one's place. */
  record Offer(Work.Ticket ticket) implements Command, Wire {}

  /** Takes a task off the queue. */
  record Withdraw(Work.Owner owner, String key) implements Command, Wire {}

  /**
   * A device is here. Repeated now and then, so that a pool that moved learns of it.
   *
   * @param running {@link Work.Ticket#id()} of what it runs, or empty if it is free
   * @param received how many attempts were sent to it so far: tells a device that is free from one
   *     that has not yet seen the last
   * @param exclusive true if what it runs measures time
   * @param accepts tasks it takes, see {@link Work.Ticket#isOneOf}; empty for all
   */
  record Announce(
      Device device,
      ActorRef<Gpu.Command> gpu,
      String running,
      long received,
      boolean exclusive,
      Set<String> accepts)
      implements Command, Wire {
    public Announce {
      accepts = accepts == null ? Set.of() : Set.copyOf(accepts);
    }

    /** Of a device that takes every kind of task. */
    public Announce(
        Device device,
        ActorRef<Gpu.Command> gpu,
        String running,
        long received,
        boolean exclusive) {
      this(device, gpu, running, received, exclusive, Set.of());
    }
  }

  /** The device could not take the attempt after all. */
  record Decline(Device device, Work.Ticket ticket) implements Command, Wire {}
}
