package puzzle.actors.gpu;

import org.apache.pekko.actor.typed.ActorRef;
import puzzle.model.Device;
import puzzle.protocol.Gpu;

/** One device as the pool last heard of it. */
final class Seat {

  final Device device;
  final ActorRef<Gpu.Command> gpu;

  /** {@link puzzle.protocol.Work.Ticket#id()} of what it runs; empty where it is free. */
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

  Seat(Device device, ActorRef<Gpu.Command> gpu) {
    this.device = device;
    this.gpu = gpu;
  }

  String name() {
    return device.name();
  }
}
