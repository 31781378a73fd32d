package puzzle.actors.simulation;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;

/**
 * Processor time of this JVM so far, by what it was spent on, in nanoseconds.
 *
 * @param system actors, journal and timers, with the collection of their garbage
 * @param searches the solver's, which rests by the clock and not by tasks
 * @param compiler what the JVM does to become fast, which ends after a while
 */
public record ProcessorTime(long system, long searches, long compiler) {

  public static ProcessorTime now() {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long system = 0;
    long searches = 0;
    for (ThreadInfo thread : threads.getThreadInfo(threads.getAllThreadIds())) {
      if (thread != null) {
        long spent = Math.max(0, threads.getThreadCpuTime(thread.getThreadId()));
        if (thread.getThreadName().contains("solver-dispatcher")) {
          searches += spent;
        } else {
          system += spent;
        }
      }
    }
    for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
      system += collector.getCollectionTime() * 1_000_000;
    }
    long all =
        ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    return new ProcessorTime(system, searches, Math.max(0, all - system - searches));
  }

  /** What was spent since then. */
  public ProcessorTime since(ProcessorTime then) {
    return new ProcessorTime(
        system - then.system, searches - then.searches, compiler - then.compiler);
  }
}
