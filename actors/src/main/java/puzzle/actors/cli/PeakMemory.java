package puzzle.actors.cli;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import puzzle.engine.machine.HostMemory;

/** The most memory this process ever had, native libraries included if the system tells. */
final class PeakMemory {

  private PeakMemory() {}

  /** Peak resident bytes; on systems that do not tell, peak bytes of the Java heap. */
  static long bytes() {
    long resident = HostMemory.status("VmHWM");
    if (resident > 0) {
      return resident;
    }
    return ManagementFactory.getMemoryPoolMXBeans().stream()
        .map(MemoryPoolMXBean::getPeakUsage)
        .mapToLong(u -> u == null ? 0 : u.getUsed())
        .sum();
  }
}
