package puzzle.actors.gpu;

import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;
import puzzle.model.Device;
import puzzle.protocol.Gpu;

/** One device as the pool last heard of it. */
final class KnownDevice {

  final Device device;
  final ActorRef<Gpu.Command> gpu;

  /** {@link puzzle.protocol.Work.Ticket#id()} of what it runs; empty if it is free. */
  String running = "";

  /** What it runs measures time. */
  boolean exclusive;

  /** It last worked on this layer, whose activations it has at hand; -1 before the first. */
  int layer = -1;

  /** When it last announced itself. */
  long heard;

  /** How many attempts were sent to it, and when the last. */
  long sent;

  long lastSent;

  /** Tasks it takes; empty for all. */
  final Set<String> accepts;

  KnownDevice(Device device, ActorRef<Gpu.Command> gpu) {
    this(device, gpu, Set.of());
  }

  KnownDevice(Device device, ActorRef<Gpu.Command> gpu, Set<String> accepts) {
    this.device = device;
    this.gpu = gpu;
    this.accepts = accepts;
  }

  /** It takes some kinds of task only. */
  boolean choosy() {
    return !accepts.isEmpty();
  }

  String name() {
    return device.name();
  }
}
