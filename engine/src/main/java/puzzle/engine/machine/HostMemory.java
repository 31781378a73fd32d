package puzzle.engine.machine;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Memory that this process may take: all of the machine's, the container's limit, or a node's share
 * of either. The launcher finds it out, sizes the heap by it and hands it on, so that all decisions
 * by memory start from one number.
 *
 * @param source what says so, in words
 */
public record HostMemory(long bytes, String source) {

  /** The property that the launcher hands the number of bytes on in. */
  public static final String PROPERTY = "puzzle.memory";

  private static final Path STATUS = Path.of("/proc/self/status");

  /** Of this process; without the launcher, what the JVM sees of machine and container. */
  public static HostMemory here() {
    Long told = Long.getLong(PROPERTY);
    return told != null && told > 0
        ? new HostMemory(told, System.getProperty(PROPERTY + "-from", "-D" + PROPERTY))
        : new HostMemory(seen(), "what Java sees");
  }

  private static long seen() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getTotalMemorySize();
  }

  /** The heap at its largest. */
  public static long heapBytes() {
    return Runtime.getRuntime().maxMemory();
  }

  /** All direct buffers together, at most. */
  public static long directBytes() {
    String limit =
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
            .getVMOption("MaxDirectMemorySize")
            .getValue();
    return limit.equals("0") ? heapBytes() : Long.parseLong(limit);
  }

  /**
   * A line of what the system says of this process, such as {@code VmHWM} or {@code RssAnon}.
   *
   * @return bytes; 0 where the system does not tell
   */
  public static long status(String field) {
    try {
      if (Files.isReadable(STATUS)) {
        for (String line : Files.readAllLines(STATUS)) {
          if (line.startsWith(field + ":")) {
            return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
          }
        }
      }
    } catch (IOException e) {
      // Then it does not tell.
    }
    return 0;
  }
}
